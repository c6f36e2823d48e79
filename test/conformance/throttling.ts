import { describe, expect, test } from "vitest";
import { createQueue, drain } from "../../src/index.ts";
import type { Target } from "./target.ts";
import { idsOf, inHand, later, newToken, openWorkbench } from "./workbench.ts";

const LEASE_MS = 60_000;
const PER_MS = 60_000;

/** What holds passes back, whoever makes them: a pause, a rate, a number in flight. */
export function throttling(target: () => Target): void {
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

  describe("a paused queue", () => {
    test("hands out nothing, and takes the outcomes of what is worked on", async () => {
      const { queue, send, claim, turn } = openWorkbench(target());
      await send(...numbers(4));
      const pass = newToken();
      const held = inHand((await claim(pass, 2)).messages);
      await queue.pause();
      expect(await claim(newToken())).toMatchObject({ messages: [], heldBack: "paused" });
      await turn(pass, { complete: held.slice(0, 1), retry: later(held.slice(1)) });
      expect(await queue.depth()).toMatchObject({ entries: 3, inFlight: 0, parked: 1 });
      expect(await claim(newToken())).toMatchObject({ messages: [], heldBack: "paused" });
      await queue.resume();
      const reply = await claim(newToken());
      expect(reply).toMatchObject({ heldBack: undefined });
      expect(reply.messages).toHaveLength(3);
    });

    test("keeps delayed messages out of the stream", async () => {
      const { queue, claim, age } = openWorkbench(target());
      await queue.send(1, { delay: 20 });
      await queue.pause();
      await age(20);
      await claim(newToken());
      expect(await queue.depth()).toMatchObject({ entries: 0, delayed: 1 });
      await queue.resume();
      expect((await claim(newToken())).messages).toHaveLength(1);
    });

    test("can be paused and resumed twice, and empty", async () => {
      const { queue, claim, send } = openWorkbench(target());
      await queue.pause();
      await queue.pause();
      expect(await drain(queue, () => {})).toMatchObject({ stopped: "paused", more: false });
      await send(1);
      await queue.resume();
      await queue.resume();
      expect((await claim(newToken())).messages).toHaveLength(1);
      expect(await queue.depth()).toMatchObject({ parked: 0 });
    });

    test("stays paused when its group is lost and made anew", async () => {
      const { queue, claim, send, outside, port } = openWorkbench(target());
      await send(1);
      await claim(newToken(), 0);
      await queue.pause();
      await outside.destroyGroup(port.group);
      expect(await claim(newToken())).toMatchObject({ messages: [], heldBack: "paused" });
      await queue.resume();
      expect((await claim(newToken())).messages).toHaveLength(1);
    });

    test("a pause whose response is lost does not undo what came after it", async () => {
      const { queue, send, claim } = openWorkbench(target());
      await send(1);
      const store = await target().faulty({ lost: "response", meanwhile: () => queue.resume() });
      await openWorkbench({ ...target(), store }, { name: queue.name }).queue.pause();
      expect((await claim(newToken())).messages).toHaveLength(1);
    });

    test("is paused no more where its mark is lost, and a pass puts the statistics right", async () => {
      const { queue, send, outside } = openWorkbench(target());
      await send(1);
      await queue.pause();
      expect(await queue.stats()).toMatchObject({ paused: true });
      await drain(queue, () => {});
      expect(await queue.stats()).toMatchObject({ paused: true });
      await outside.loseParked();
      expect(await drain(queue, () => {})).toMatchObject({ stopped: "empty", completed: 1 });
      expect(await queue.stats()).toMatchObject({ paused: false });
    });

    test("removes what other groups have, and no more", async () => {
      const { queue, send, claim, outside } = openWorkbench(target(), { shared: true });
      await send(...numbers(3));
      await outside.createGroup("audit", "0");
      const pass = newToken();
      const { messages } = await claim(pass, 1);
      await queue.pause();
      await outside.read("audit", "auditor");
      await outside.ack("audit", ...(await outside.ids()));
      const groups = [queue.resolved.storeQueue.group, "audit"];
      await target().store.trim(queue.resolved.storeQueue, groups, {});
      expect(await outside.ids()).toHaveLength(3);
      expect(messages).toHaveLength(1);
      await queue.resume();
      expect((await claim(newToken())).messages).toHaveLength(2);
    });
  });

  describe("a limit of what is in flight", () => {
    test("holds for all passes together, and leaves room when messages are settled", async () => {
      const { send, claim, turn } = openWorkbench(target(), { maxInFlight: 5 });
      await send(...numbers(20));
      const [one, other] = [newToken(), newToken()];
      const first = await claim(one, 3);
      expect(first).toMatchObject({ heldBack: undefined });
      const second = await claim(other, 10);
      expect(second.messages).toHaveLength(2);
      expect(second.heldBack).toBe("in flight");
      expect(await claim(newToken())).toMatchObject({ messages: [], heldBack: "in flight" });
      // What a turn settles makes room for what it claims.
      const next = await turn(one, { claim: 10, complete: inHand(first.messages) });
      expect(next.messages).toHaveLength(3);
    });

    test("does not count what dead passes have left", async () => {
      const { send, claim, age } = openWorkbench(target(), {
        maxInFlight: 2,
        visibilityTimeout: LEASE_MS,
      });
      await send(...numbers(3));
      await claim(newToken(), 2);
      await age(LEASE_MS + 30);
      const reply = await claim(newToken(), 2);
      expect(reply.messages.length).toBeGreaterThan(0);
    });

    test("is not held up by more that dead passes have left than may be in flight", async () => {
      const { queue, send, claim, age } = openWorkbench(target(), {
        maxInFlight: 5,
        visibilityTimeout: LEASE_MS,
      });
      const beside = openWorkbench(target(), { stream: queue.name, visibilityTimeout: LEASE_MS });
      await send(...numbers(45));
      expect((await beside.claim(newToken())).messages).toHaveLength(45);
      await age(LEASE_MS + 30);
      expect(await claim(newToken())).toMatchObject({ kind: "suspects" });
      await age(LEASE_MS + 30);
      expect(await drain(queue, () => {})).toMatchObject({ stopped: "empty", completed: 45 });
    });

    test("lets a pass end, and the next one do the rest", async () => {
      const { queue, send, claim } = openWorkbench(target(), { maxInFlight: 1 });
      await send(...numbers(3));
      const pass = newToken();
      await claim(pass, 1);
      const report = await drain(queue, () => {});
      expect(report).toMatchObject({ stopped: "limited", completed: 0, more: false });
    });
  });

  describe("a limit of passes", () => {
    test("lets no more work at the same time, and the next one when one has left", async () => {
      const { send, claim, turn } = openWorkbench(target(), { maxPasses: 2 });
      await send(...numbers(9));
      const [one, two, three] = [newToken(), newToken(), newToken()];
      const first = await claim(one, 1);
      await claim(two, 1);
      expect(await claim(three, 1)).toMatchObject({ messages: [], heldBack: "passes" });
      expect((await claim(one, 1, { held: inHand(first.messages) })).messages).toHaveLength(1);
      await turn(two, { final: true });
      expect((await claim(three, 1)).messages).toHaveLength(1);
    });

    test("counts the lanes of a pass as one, which leaves with the last of them", async () => {
      const { send, claim, turn } = openWorkbench(target(), { maxPasses: 1 });
      await send(...numbers(9));
      const pass = newToken();
      await claim(newToken(), 1, { pass });
      const other = newToken();
      await claim(other, 1, { pass });
      await turn(other, { pass, final: true, leaving: false });
      expect(await claim(newToken(), 1)).toMatchObject({ heldBack: "passes" });
      await turn(other, { pass, final: true, leaving: true });
      expect((await claim(newToken(), 1)).messages).toHaveLength(1);
    });

    test("forgets a pass that died when its lease is over, and not one that renews it", async () => {
      const { send, claim, turn, age } = openWorkbench(target(), {
        maxPasses: 2,
        visibilityTimeout: LEASE_MS,
      });
      await send(...numbers(9));
      const [dead, alive] = [newToken(), newToken()];
      await claim(dead, 1);
      const held = inHand((await claim(alive, 1)).messages);
      await age(LEASE_MS * 0.7);
      await turn(alive, { held, renew: true });
      await age(LEASE_MS * 0.7);
      expect((await claim(newToken(), 1)).messages).toHaveLength(1);
      expect(await claim(newToken(), 1)).toMatchObject({ messages: [], heldBack: "passes" });
    });

    test("forgets a pass that died before the server's clock went back", async () => {
      const { send, claim, turn, age } = openWorkbench(target(), {
        maxPasses: 1,
        visibilityTimeout: LEASE_MS,
      });
      await send(...numbers(9));
      const dead = newToken();
      const complete = inHand((await claim(dead, 1)).messages);
      await turn(dead, { complete, leaving: false });
      await age(-3_600_000);
      const reply = await claim(newToken(), 1);
      await age(3_600_000);
      expect(reply.messages).toHaveLength(1);
    });

    test("a pass whose lanes end together, held back, leaves room for the next one", async () => {
      const { queue, send } = openWorkbench(target(), { maxPasses: 1 });
      await send(...numbers(2_000));
      let begun = 0;
      const pauseInMidPass = async () => {
        begun += 1;
        if (begun === 300) await queue.pause();
      };
      const many = { lanes: 4, batch: 50, concurrency: 50 };
      expect(await drain(queue, pauseInMidPass, many)).toMatchObject({ stopped: "paused" });
      await queue.resume();
      const report = await drain(queue, () => {});
      expect(report.stopped).toBe("empty");
      expect(report.completed).toBeGreaterThan(0);
    });

    test("ends a pass that is one too many at once", async () => {
      const options = { maxPasses: 1 };
      const { queue, send, claim } = openWorkbench(target(), options);
      await send(...numbers(3));
      await claim(newToken(), 1);
      // Requests are counted, so they go where nothing is lost and the script is always known.
      const counted = createQueue({ ...options, name: queue.name, store: await target().faulty() });
      const report = await drain(counted, () => {}, { linger: false });
      expect(report).toMatchObject({ stopped: "limited", claimed: 0, requests: 1, more: false });
    });
  });

  describe("a limited rate", () => {
    test("lets so many begin in its time, whoever asks, and tells when the next may", async () => {
      const rateLimit = { limit: 4, per: PER_MS };
      const { send, claim, age } = openWorkbench(target(), { rateLimit });
      await send(...numbers(10));
      const first = await claim(newToken(), 3);
      expect(first).toMatchObject({ heldBack: undefined });
      const second = await claim(newToken(), 3);
      expect(second.messages).toHaveLength(1);
      expect(second.heldBack).toBe("rate");
      const third = await claim(newToken(), 3);
      expect(third).toMatchObject({ messages: [], heldBack: "rate" });
      const due = third.nextDueAt ?? 0;
      expect(due).toBeGreaterThan(first.now + PER_MS - 1);
      expect(due).toBeLessThanOrEqual(first.now + PER_MS * 1.01 + 2);
      await age(PER_MS * 1.01 + 5);
      expect((await claim(newToken(), 10)).messages.length).toBeGreaterThanOrEqual(3);
    });

    test("counts what is tried again, and not what was given back unseen", async () => {
      const rateLimit = { limit: 2, per: "1 h" } as const;
      const { send, claim, turn } = openWorkbench(target(), { rateLimit });
      await send(1);
      const pass = newToken();
      const { messages } = await claim(pass);
      await turn(pass, { retry: later(inHand(messages)) });
      const again = newToken();
      expect(idsOf(await claim(again))).toEqual(idsOf({ messages } as never));
      await send(2);
      expect(await claim(newToken())).toMatchObject({ messages: [], heldBack: "rate" });
    });

    test("a pass with time left waits for it", async () => {
      const rateLimit = { limit: 2, per: 100 };
      const { queue, send, turn } = openWorkbench(target(), { rateLimit });
      await send(...numbers(5));
      const before = await turn(newToken());
      const report = await drain(queue, () => {}, { maxDuration: "20 s" });
      expect(report).toMatchObject({ completed: 5, stopped: "empty" });
      expect((await turn(newToken())).now - before.now).toBeGreaterThanOrEqual(195);
    });
  });
}
