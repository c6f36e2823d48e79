import { describe, expect, test } from "vitest";
import type { Delivery } from "../../src/store.ts";
import type { Target } from "./target.ts";
import { idsOf, inHand, later, newToken, openWorkbench, type Workbench } from "./workbench.ts";

const LEASE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Passes that die: lost claims, the sweep of expired leases, and the suspects that it finds. */
export function leases(target: () => Target): void {
  /** A pass claims and dies; its leases have run out when this returns. */
  async function die(bench: Workbench, count?: number) {
    const reply = await bench.claim(newToken(), count, { suspectBatch: 2 });
    await bench.age(LEASE_MS + 10);
    return reply;
  }

  describe("lost claims", () => {
    test("what a lost response handed out comes again with its count", async () => {
      const bench = openWorkbench(target());
      const ids = await bench.send("a", "b");
      const pass = newToken();
      await bench.claim(pass);
      const again = await bench.claim(pass);
      expect(again).toMatchObject({ kind: "replayed", lost: [] });
      expect(again.messages.map(({ id, delivery }) => [id, delivery])).toEqual(
        ids.map((id) => [id, 1]),
      );
    });

    test("a claim whose response is lost is sent again and hands out the same", async () => {
      const bench = openWorkbench(target());
      const ids = await bench.send("a", "b", "c");
      const pass = newToken();
      const store = await target().faulty({ lost: "response" }, { lost: "response" });
      const reply = await bench.turn(pass, { claim: 2 }, store);
      expect(reply).toMatchObject({ kind: "replayed", bill: { requests: 3 } });
      expect(idsOf(reply)).toEqual(ids.slice(0, 2));
      expect(await bench.outside.consumers()).toEqual({ [pass]: 2 });
    });

    test("what does not fit stays owned and comes with the next turns", async () => {
      const bench = openWorkbench(target());
      const ids = await bench.send(1, 2, 3, 4, 5);
      const pass = newToken();
      await bench.claim(pass);
      const first = await bench.claim(pass, 3);
      expect(idsOf(first)).toEqual(ids.slice(0, 3));
      const second = await bench.claim(pass, 3, { held: inHand(first.messages) });
      expect(idsOf(second)).toEqual(ids.slice(3));
    });

    test("a suspect that comes again keeps its count of crashes", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const [id] = await bench.send("a");
      await die(bench);
      const pass = newToken();
      expect((await bench.claim(pass)).messages).toMatchObject([{ id, delivery: 2, crashes: 1 }]);
      expect((await bench.claim(pass)).messages).toMatchObject([{ id, delivery: 2, crashes: 1 }]);
    });
  });

  describe("expired leases", () => {
    test("a retry keeps the id, counts the delivery, and waits until it is due", async () => {
      const bench = openWorkbench(target());
      const [id] = await bench.send("a");
      const pass = newToken();
      const held = inHand((await bench.claim(pass)).messages);
      const settled = await bench.turn(pass, { retry: later(held, 60_000) });
      expect(settled.nextDueAt).toBe(settled.now + 60_000);
      const early = await bench.claim(newToken());
      expect(early).toMatchObject({ messages: [], nextDueAt: settled.nextDueAt });
      await bench.age(60_000);
      const due = await bench.claim(newToken());
      expect(due.messages).toMatchObject([{ id, delivery: 2, crashes: 0 }]);
    });

    test("what is held and renewed stays with its pass beyond the first lease", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: 120_000 });
      await bench.send("a");
      const pass = newToken();
      const held = inHand((await bench.claim(pass)).messages);
      await bench.age(70_000);
      expect(await bench.turn(pass, { held, renew: true })).toMatchObject({ lost: [] });
      await bench.age(70_000);
      const other = await bench.claim(newToken());
      expect(other).toMatchObject({ messages: [], reclaimed: 0 });
      expect(await bench.turn(pass, { complete: held })).toMatchObject({ lost: [] });
      expect((await bench.queue.depth()).entries).toBe(0);
    });

    test("what is held and not renewed is lost with its lease, and its reply says so", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const [id] = await bench.send("a");
      const pass = newToken();
      const held = inHand((await bench.claim(pass)).messages);
      await bench.age(LEASE_MS);
      const other = newToken();
      expect(idsOf(await bench.claim(other))).toEqual([id]);
      expect(await bench.turn(pass, { held, renew: true })).toMatchObject({ lost: [id] });
      expect(await bench.outside.consumers()).toMatchObject({ [other]: 1 });
    });

    test("a dead pass's messages come to the next one as suspects, one delivery later", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const ids = await bench.send("a", "b");
      await die(bench);
      const next = await bench.claim(newToken());
      expect(next).toMatchObject({ kind: "suspects", reclaimed: 2, suspectsLeft: false });
      expect(next.messages.map(({ id, delivery, crashes }) => [id, delivery, crashes])).toEqual(
        ids.map((id) => [id, 2, 1]),
      );
    });

    test("suspects are no more than the claim asks for", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const ids = await bench.send(1, 2, 3, 4, 5);
      await die(bench);
      const reply = await bench.claim(newToken(), 2, { suspectBatch: 4 });
      expect(reply).toMatchObject({ kind: "suspects", suspectsLeft: true });
      expect(idsOf(reply)).toEqual(ids.slice(0, 2));
    });

    test("suspects come in a small batch, then alone, and are dead after their last delivery", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS, maxDeliveries: 3 });
      const [a, b, c] = await bench.send("a", "b", "c");
      await die(bench);
      const small = await die(bench);
      expect(small).toMatchObject({ kind: "suspects", found: { sweeping: true } });
      expect(idsOf(small)).toEqual([a, b]);
      expect(idsOf(await die(bench))).toEqual([c]);
      const alone = await bench.claim(newToken(), 100, { suspectBatch: 2, suspects: "first" });
      expect(alone).toMatchObject({ kind: "suspects", suspectsLeft: true });
      expect(idsOf(alone)).toEqual([a]);
      let turns = 0;
      while ((await bench.queue.depth()).dead < 3) {
        expect(turns).toBeLessThan(12);
        turns += 1;
        expect((await die(bench)).messages.length).toBeLessThanOrEqual(1);
      }
      const letters = await bench.queue.deadLetters.list();
      expect(letters.map(({ originalId }) => originalId).sort()).toEqual([a, b, c]);
      for (const letter of letters) {
        expect(letter).toMatchObject({ reason: "crashed", deliveries: 3, failures: 0, error: "" });
      }
      expect(await bench.queue.depth()).toMatchObject({ entries: 0, inFlight: 0, parked: 0 });
    });

    test("suspects that would make a reply too large wait as they are", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const ids = await bench.send(...Array(10).fill("x".repeat(990)));
      await die(bench);
      const request = { maxBytes: 3_500 };
      const seen: [string, number, number][] = [];
      for (const sizeHint of [1_160, 1_000, 10]) {
        const reply = await bench.claim(newToken(), 100, { ...request, sizeHint });
        expect(reply).toMatchObject({ kind: "suspects", suspectsLeft: true });
        expect(reply.messages).toHaveLength(3);
        for (const { id, delivery, crashes } of reply.messages) seen.push([id, delivery, crashes]);
      }
      expect(seen).toEqual(ids.slice(0, 9).map((id) => [id, 2, 1]));
      expect(idsOf(await bench.claim(newToken()))).toEqual(ids.slice(9));
    });

    test("where a crash is final, a dead pass's messages are dead letters at once", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS, onCrash: "dead" });
      await bench.send("a", "b");
      await die(bench);
      expect(await bench.claim(newToken())).toMatchObject({ messages: [], dead: 2 });
      const letters = await bench.queue.deadLetters.list();
      expect(letters.map(({ reason, deliveries }) => [reason, deliveries])).toEqual([
        ["crashed", 1],
        ["crashed", 1],
      ]);
    });

    test("a failure after a crash is counted apart from it", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const [id] = await bench.send("a");
      await die(bench);
      const pass = newToken();
      const { messages } = await bench.claim(pass);
      await bench.turn(pass, { retry: later(inHand(messages)) });
      const again = await bench.claim(newToken());
      expect(again).toMatchObject({
        kind: "ordinary",
        messages: [{ id, delivery: 3, crashes: 1 }],
      });
    });

    test("a suspect is never handed out beside other messages", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const [first] = await bench.send("dies");
      await die(bench);
      const [second, third] = await bench.send("x", "y");
      const pass = newToken();
      const mine = await bench.claim(pass, 1, { suspects: "no" });
      expect(idsOf(mine)).toEqual([second]);
      const held = inHand(mine.messages);
      const more = await bench.claim(pass, 100, { held });
      expect(more).toMatchObject({ kind: "ordinary" });
      expect(idsOf(more)).toEqual([third]);
      await bench.turn(pass, { complete: [...held, ...inHand(more.messages)] });
      expect(idsOf(await bench.claim(newToken()))).toEqual([first]);
    });

    test("suspects and ordinary messages alternate when each pass dies in its first turn", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      await bench.send("a", "b", "c");
      await die(bench);
      await bench.send("x", "y");
      const kinds: string[] = [];
      for (let i = 0; i < 4; i += 1) {
        kinds.push((await bench.claim(newToken(), 1, { suspectBatch: 1 })).kind);
      }
      expect(kinds).toEqual(["suspects", "ordinary", "suspects", "ordinary"]);
    });

    test("the sweep goes on at once, from where its last slice ended", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const ids = await bench.send(...Array(25).keys());
      await die(bench);
      const slices: [number, boolean | undefined, string[]][] = [];
      for (let i = 0; i < 3; i += 1) {
        const reply = await bench.claim(newToken(), 100, { suspectBatch: 10 });
        slices.push([reply.reclaimed, reply.found?.sweeping, idsOf(reply)]);
      }
      expect(slices).toEqual([
        [10, true, ids.slice(0, 10)],
        [10, true, ids.slice(10, 20)],
        [5, false, ids.slice(20)],
      ]);
    });

    test("the sweep takes no more while suspects wait, and says that it is not through", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const ids = await bench.send(...Array(25).keys());
      await die(bench);
      for (const reclaimed of [10, 0, 0]) {
        const reply = await bench.turn(newToken(), { suspectBatch: 10 });
        expect(reply).toMatchObject({ reclaimed, found: { sweeping: true } });
      }
      expect(await bench.outside.consumers()).toMatchObject({ "xd:suspects": 10 });
      expect(idsOf(await bench.claim(newToken(), 100, { suspectBatch: 10 }))).toEqual(
        ids.slice(0, 10),
      );
    });

    test("live leases in front do not hide the expired ones behind them", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const passes = [newToken(), newToken(), newToken()];
      const held: Delivery[][] = [];
      for (const pass of passes) {
        await bench.send(...Array(500).keys());
        held.push(inHand((await bench.claim(pass, 500, { survey: false })).messages));
      }
      await bench.send(...Array(5).keys());
      const behind = idsOf(await bench.claim(newToken(), 5, { survey: false }));
      await bench.age(LEASE_MS + 10);
      for (const [i, pass] of passes.entries()) {
        await bench.turn(pass, { held: held[i] ?? [], renew: true, survey: false });
      }
      expect(idsOf(await bench.claim(newToken()))).toEqual(behind);
    });

    test("a finished sweep is not repeated before its gate opens", async () => {
      const port = { leaseMs: LEASE_MS, gateMs: 600_000 };
      const bench = openWorkbench(target(), { port });
      await bench.send("a", "b");
      await bench.claim(newToken(), 1);
      const swept = await bench.turn(newToken());
      expect(swept.found?.nextAt).toBe(swept.now + 600_000);
      await bench.age(LEASE_MS + 10);
      const { reclaimed, found, now } = await bench.turn(newToken());
      expect(reclaimed).toBe(0);
      expect((found?.nextAt ?? 0) - now).toBeLessThan(600_000 - LEASE_MS);
      await bench.age(600_000 - LEASE_MS);
      expect(await bench.turn(newToken())).toMatchObject({ reclaimed: 1 });
    });

    test("where passes have different leases, the longer one counts", async () => {
      const bench = openWorkbench(target(), { port: { leaseMs: 3_600_000, gateMs: 1 } });
      await bench.send("a");
      await bench.claim(newToken());
      await bench.turn(newToken());
      await bench.age(LEASE_MS + 10);
      const hasty = openWorkbench(target(), {
        stream: bench.port.stream,
        port: { leaseMs: LEASE_MS, gateMs: 1 },
      });
      expect(await hasty.turn(newToken())).toMatchObject({ reclaimed: 0 });
      await bench.age(3_600_000 - LEASE_MS);
      expect(await hasty.turn(newToken())).toMatchObject({ reclaimed: 1 });
    });

    /** Functions of one queue that were deployed with different leases; the first has the default. */
    function openSeveral(...leases: readonly number[]) {
      const bench = openWorkbench(target(), { port: { gateMs: 1 } });
      const others = leases.map((leaseMs) =>
        openWorkbench(target(), { stream: bench.port.stream, port: { leaseMs, gateMs: 1 } }),
      );
      return [bench, ...others] as const;
    }

    test("a short lease robs no pass with the default one, which leaves no record", async () => {
      const [bench, short] = openSeveral(100);
      await bench.send("a");
      await bench.claim(newToken());
      for (let i = 0; i < 5; i += 1) {
        expect(await short?.turn(newToken())).toMatchObject({ reclaimed: 0 });
        await bench.age(10_000);
      }
      await bench.age(10_010);
      expect(await short?.turn(newToken())).toMatchObject({ reclaimed: 1 });
    });

    test("a short lease counts when passes with the default one had time to say that they are there", async () => {
      const [bench, short] = openSeveral(100);
      await bench.turn(newToken());
      await bench.send("a", "b");
      await short?.turn(newToken());
      await bench.age(150_010);
      await short?.claim(newToken(), 1);
      await bench.age(110);
      expect(await short?.turn(newToken())).toMatchObject({ reclaimed: 1 });
      // One that comes now says so, and is waited for again.
      await bench.claim(newToken(), 1, { suspects: "no" });
      await bench.age(10_000);
      expect(await short?.turn(newToken())).toMatchObject({ reclaimed: 0 });
    });

    test("a short lease counts at once in a group that a pass with it has made", async () => {
      const bench = openWorkbench(target(), { port: { leaseMs: 100, gateMs: 1 } });
      await bench.turn(newToken());
      await bench.send("a");
      await bench.claim(newToken());
      await bench.age(110);
      expect(await bench.turn(newToken())).toMatchObject({ reclaimed: 1 });
    });

    test("a lowered lease counts when nobody has used the larger one for days", async () => {
      const [lowered, before] = openSeveral(3_600_000);
      await lowered.send("a", "b");
      await before?.turn(newToken());
      for (let day = 0; day < 4; day += 1) {
        const pass = newToken();
        const { found } = await lowered.turn(pass);
        await lowered.turn(pass, { found });
        await lowered.age(DAY_MS + 10);
      }
      await lowered.claim(newToken(), 1);
      await lowered.age(LEASE_MS + 10);
      expect(await lowered.turn(newToken())).toMatchObject({ reclaimed: 1 });
    });

    test.each([2, 3])(
      "a lease that a larger one has hidden for %i days counts after it",
      async (days) => {
        const [lowered, hidden, larger] = openSeveral(600_000, 3_600_000);
        await lowered.send("a");
        await larger?.turn(newToken());
        await lowered.age(days * DAY_MS - 60_000);
        const pass = newToken();
        const held = inHand((await hidden?.claim(pass))?.messages ?? []);
        for (let i = 0; i < 4; i += 1) {
          await lowered.age(120_000);
          expect(await lowered.turn(newToken())).toMatchObject({ reclaimed: 0 });
        }
        expect(await hidden?.turn(pass, { complete: held })).toMatchObject({ lost: [] });
      },
    );

    test("consumers that dead passes left are removed, those of other programs never", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      await bench.send("a");
      await die(bench);
      await bench.outside.makeConsumer("their-worker");
      const pass = newToken();
      const { messages } = await bench.claim(pass);
      await bench.turn(pass, { complete: inHand(messages) });
      expect(await bench.outside.consumers()).toEqual({ "their-worker": 0 });
    });

    test("a foreign consumer's expired message comes to us, and its acknowledgment counts", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      await bench.turn(newToken());
      const [a, b] = await bench.send("a", "b");
      expect(await bench.outside.read(bench.port.group, "their-worker")).toEqual([a, b]);
      await bench.turn(newToken());
      await bench.outside.ack(bench.port.group, a as string);
      await bench.age(LEASE_MS + 10);
      expect(idsOf(await bench.claim(newToken()))).toEqual([b]);
    });

    test("what somebody trimmed is counted as lost though a pass still holds it", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const ids = await bench.send(...Array(30).keys());
      await bench.claim(newToken(), 25);
      await bench.outside.trimBelow(ids[22] as string);
      let lost = 0;
      let goesOn: boolean | undefined = true;
      // Redis finds ten in one turn, the embedded server all of them; the last turn finds none.
      for (let turns = 0; goesOn === true && turns < 4; turns += 1) {
        const { lostPayloads, found } = await bench.turn(newToken());
        lost += lostPayloads;
        goesOn = found?.sweeping;
      }
      expect([lost, goesOn]).toEqual([22, false]);
      expect(await bench.queue.depth()).toMatchObject({ entries: 8, inFlight: 3 });
    });

    test("a pending message whose payload somebody deleted is counted as lost", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      const [a] = await bench.send("a", "b");
      await die(bench);
      await bench.outside.delete(a as string);
      expect(await bench.claim(newToken())).toMatchObject({ lostPayloads: 1, messages: [{}] });
      expect(await bench.queue.depth()).toMatchObject({ entries: 1, inFlight: 1 });
    });
  });
}
