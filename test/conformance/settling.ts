import { describe, expect, test } from "vitest";
import type { Delivery, TurnRequest } from "../../src/store.ts";
import { EMPTY } from "../support/depth.ts";
import type { Target } from "./target.ts";
import { idsOf, inHand, later, newToken, openWorkbench, rejectAll } from "./workbench.ts";

type Outcome = "complete" | "retry" | "dead" | "release";

function settle(outcome: Outcome, held: readonly Delivery[]): Partial<TurnRequest> {
  if (outcome === "retry") return { retry: later(held) };
  if (outcome === "dead") return { dead: rejectAll(held) };
  if (outcome === "release") return { release: later(held) };
  return { complete: held };
}

const OUTCOMES = ["complete", "retry", "dead", "release"] as const;

/** Outcomes: the fence, requests that are sent twice, leases that are renewed or lost. */
export function settling(target: () => Target): void {
  describe("settling", () => {
    test("a completed message is gone, and its pass leaves no consumer", async () => {
      const bench = openWorkbench(target());
      const ids = await bench.send("a", "b");
      const pass = newToken();
      const claimed = await bench.claim(pass);
      expect(claimed).toMatchObject({ kind: "ordinary", createdGroup: true, lost: [] });
      expect(idsOf(claimed)).toEqual(ids);
      expect(claimed.messages.map(({ delivery, crashes }) => [delivery, crashes])).toEqual([
        [1, 0],
        [1, 0],
      ]);
      expect(await bench.outside.consumers()).toEqual({ [pass]: 2 });
      const settled = await bench.turn(pass, { complete: inHand(claimed.messages) });
      expect(settled).toMatchObject({ lost: [], uncertain: [], messages: [] });
      expect(await bench.queue.depth()).toEqual(EMPTY);
      expect(await bench.outside.consumers()).toEqual({});
    });

    test.each(OUTCOMES)("%s: another pass's message stays as it is", async (outcome) => {
      const bench = openWorkbench(target());
      const [id] = await bench.send("a");
      const owner = newToken();
      const { messages } = await bench.claim(owner);
      const thief = newToken();
      const reply = await bench.turn(thief, settle(outcome, inHand(messages)));
      expect(reply).toMatchObject({ lost: [id], uncertain: [] });
      expect(await bench.outside.consumers()).toEqual({ [owner]: 1 });
      expect(await bench.queue.depth()).toEqual({ ...EMPTY, entries: 1, inFlight: 1 });
      const settled = await bench.turn(owner, settle(outcome, inHand(messages)));
      expect(settled.lost).toEqual([]);
    });

    test.each(OUTCOMES)(
      "%s: an outcome of an earlier delivery changes nothing",
      async (outcome) => {
        const bench = openWorkbench(target());
        const [id] = await bench.send("a");
        const pass = newToken();
        const first = inHand((await bench.claim(pass)).messages);
        await bench.turn(pass, { retry: later(first) });
        const again = await bench.claim(pass);
        expect(again.messages).toMatchObject([{ id, delivery: 2 }]);
        const reply = await bench.turn(pass, {
          ...settle(outcome, first),
          held: inHand(again.messages),
        });
        expect(reply.lost).toEqual([id]);
        expect(await bench.outside.consumers()).toEqual({ [pass]: 1 });
        const settled = await bench.turn(pass, settle(outcome, inHand(again.messages)));
        expect(settled.lost).toEqual([]);
      },
    );

    test.each(OUTCOMES)("%s: settled once when its response is lost", async (outcome) => {
      const bench = openWorkbench(target());
      const [id] = await bench.send("a");
      const pass = newToken();
      const held = inHand((await bench.claim(pass)).messages);
      const store = await target().faulty({ lost: "response" });
      const reply = await bench.turn(pass, settle(outcome, held), store);
      expect(reply).toMatchObject({ lost: [], uncertain: [], bill: { requests: 2 } });
      const parked = outcome === "retry" || outcome === "release" ? 1 : 0;
      const dead = outcome === "dead" ? 1 : 0;
      expect(await bench.queue.depth()).toEqual({ ...EMPTY, entries: parked, parked, dead });
      const next = await bench.claim(newToken());
      const delivery = outcome === "retry" ? 2 : 1;
      expect(next.messages).toMatchObject(parked === 1 ? [{ id, delivery }] : []);
    });

    test("an outcome whose request is lost is settled by the next one", async () => {
      const bench = openWorkbench(target());
      await bench.send("a");
      const pass = newToken();
      const complete = inHand((await bench.claim(pass)).messages);
      const store = await target().faulty({ lost: "request" }, { lost: "request" });
      const reply = await bench.turn(pass, { complete }, store);
      expect(reply).toMatchObject({ lost: [], uncertain: [], bill: { requests: 3 } });
      expect((await bench.queue.depth()).entries).toBe(0);
    });

    test.each([
      ["removed", false],
      ["kept", true],
    ])(
      "an outcome is uncertain when its response is lost and another pass has the message, where completed entries are %s",
      async (_, shared) => {
        const bench = openWorkbench(target(), { shared });
        const [id] = await bench.send("a");
        const pass = newToken();
        const held = inHand((await bench.claim(pass)).messages);
        const other = newToken();
        const store = await target().faulty({
          lost: "response",
          meanwhile: () => bench.claim(other),
        });
        const reply = await bench.turn(pass, { retry: later(held) }, store);
        expect(reply).toMatchObject({ lost: [], uncertain: [id] });
        expect(await bench.outside.consumers()).toEqual({ [other]: 1 });
      },
    );

    test("no answer at all is an error that says how often it was asked", async () => {
      const bench = openWorkbench(target());
      await bench.send("a");
      const gone = { lost: "request" } as const;
      const store = await target().faulty(gone, gone, gone);
      await expect(bench.turn(newToken(), { claim: 1 }, store)).rejects.toMatchObject({
        code: "store_unavailable",
        uncertain: true,
        requests: 3,
      });
    });

    test("what is released comes again at once, and its delivery does not count", async () => {
      const bench = openWorkbench(target());
      const [id] = await bench.send("a");
      const pass = newToken();
      const held = inHand((await bench.claim(pass)).messages);
      await bench.turn(pass, { release: later(held), final: true });
      const again = await bench.claim(newToken());
      expect(again.messages).toMatchObject([{ id, delivery: 1, crashes: 0 }]);
    });

    test("a last turn gives back what a lost response handed out", async () => {
      const bench = openWorkbench(target());
      const [id] = await bench.send("a");
      const pass = newToken();
      await bench.claim(pass);
      const last = await bench.turn(pass, { final: true });
      expect(last).toMatchObject({ messages: [], lost: [] });
      expect(await bench.outside.consumers()).toEqual({});
      const again = await bench.claim(newToken());
      expect(again.messages).toMatchObject([{ id, delivery: 1 }]);
    });
  });
}
