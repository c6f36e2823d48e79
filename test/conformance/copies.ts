import { describe, expect, test } from "vitest";
import type { StoreQueue } from "../../src/store.ts";
import type { Target } from "./target.ts";
import { idsOf, inHand, later, newToken, openWorkbench } from "./workbench.ts";

const LEASE_MS = 60_000;

/** Where a message that was handed out to nobody would be dead without having run. */
const FINAL_CRASHES: readonly (readonly [string, Partial<StoreQueue>])[] = [
  ["a crash is final", { onCrash: "dead" }],
  ["one delivery is all there is", { maxDeliveries: 1 }],
];

/** Copies of turns that arrive when the pass has had its answer: nobody waits for theirs. */
export function copies(target: () => Target): void {
  describe("copies of turns", () => {
    test("a copy of a turn that has settled something claims nothing", async () => {
      const bench = openWorkbench(target());
      await bench.send("a");
      const pass = newToken();
      const held = inHand((await bench.claim(pass)).messages);
      for (const outcome of [{ complete: held }, { retry: later(held, 60_000) }]) {
        await bench.claim(pass, 10, outcome);
        const [next] = await bench.send("next");
        expect((await bench.claim(pass, 10, outcome)).messages).toEqual([]);
        const found = await bench.claim(newToken());
        expect(found.messages).toMatchObject([{ id: next, delivery: 1 }]);
      }
    });

    test("a copy leaves alone what its pass works on, of whatever size", async () => {
      const bench = openWorkbench(target());
      const [first] = await bench.send("a".repeat(1_000));
      const pass = newToken();
      const asked = { maxBytes: 1_500 };
      const mine = inHand((await bench.claim(pass, 10, asked)).messages);
      const [second] = await bench.send("b".repeat(1_000));
      const more = await bench.claim(pass, 10, { ...asked, held: mine });
      expect(idsOf(more)).toEqual([second]);
      expect(idsOf(await bench.claim(pass, 10, asked))).toEqual([first]); // the copy
      expect(await bench.queue.depth()).toMatchObject({ inFlight: 2, parked: 0 });
      const both = [...mine, ...inHand(more.messages)];
      expect(await bench.turn(pass, { complete: both })).toMatchObject({ lost: [] });
      expect((await bench.queue.depth()).entries).toBe(0);
    });

    test("what a copy has claimed for a pass under way comes to it when it renews", async () => {
      const bench = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      await bench.send("long");
      const pass = newToken();
      const held = inHand((await bench.claim(pass)).messages);
      await bench.claim(pass, 10, { held });
      const [id] = await bench.send("next");
      await bench.claim(pass, 10, { held }); // a copy, with nothing that would tell
      const renewed = await bench.turn(pass, { held, renew: true });
      expect(renewed).toMatchObject({ kind: "replayed", messages: [{ id, delivery: 1 }] });
    });

    describe.each(FINAL_CRASHES)("where %s", (_, port) => {
      test("a copy of a first turn claims nothing once its pass is over", async () => {
        const bench = openWorkbench(target(), { port });
        await bench.send("a");
        const pass = newToken();
        const { messages } = await bench.claim(pass, 10, { number: 1 });
        await bench.turn(pass, { number: 2, complete: inHand(messages), final: true });
        const [id] = await bench.send("b");
        expect((await bench.claim(pass, 10, { number: 1 })).messages).toEqual([]);
        const next = await bench.claim(newToken(), 10, { number: 1 });
        expect(next.messages).toMatchObject([{ id, delivery: 1 }]);
      });

      test("a copy of a turn that found nothing claims nothing, but the turn behind it does", async () => {
        const bench = openWorkbench(target(), { port });
        const pass = newToken();
        await bench.claim(pass, 10, { number: 1 });
        const { found } = await bench.claim(pass, 10, { number: 2 });
        const [id] = await bench.send("a");
        for (const survey of [true, false]) {
          const copy = await bench.claim(pass, 10, { number: 2, survey, found });
          expect(copy.messages).toEqual([]);
        }
        expect(idsOf(await bench.claim(pass, 10, { number: 3, survey: false, found }))).toEqual([
          id,
        ]);
      });
    });
  });
}
