import { describe, expect, test } from "vitest";
import { drain, type QueueOptions, type ReplayOptions } from "../../src/index.ts";
import type { Target } from "./target.ts";
import { inHand, later, newToken, openWorkbench } from "./workbench.ts";

/** A group that reads again what it has read. */
export function replaying(target: () => Target): void {
  const open = (options: Partial<QueueOptions> = {}) =>
    openWorkbench(target(), { retention: { age: "1 h" }, ...options });

  describe("a replay over a bad network", () => {
    test("whose response is lost takes nothing from those who have read again since", async () => {
      const { queue, send, claim } = open();
      await send(1, 2);
      await claim(newToken());
      const again = newToken();
      const meanwhile = () => claim(again);
      const store = await target().faulty({ lost: "response", meanwhile });
      const bad = openWorkbench({ ...target(), store }, { name: queue.name });
      await bad.queue.replay({ from: "0" });
      expect(await queue.depth()).toMatchObject({ inFlight: 2 });
      expect((await claim(newToken())).messages).toEqual([]);
    });

    test("a retirement whose response is lost says what it did", async () => {
      const { queue, send, claim } = open();
      await send(1);
      await claim(newToken());
      const store = await target().faulty({ lost: "response" });
      const bad = openWorkbench({ ...target(), store }, { name: queue.name });
      expect(await bad.queue.retire()).toBe(true);
    });
  });

  describe("a replay", () => {
    test("takes more than a thousand messages from passes, and loses none", async () => {
      const { queue, send, claim } = open();
      await send(...Array(1_250).keys());
      for (let n = 0; n < 3; n += 1) await claim(newToken(), 500);
      expect(await queue.depth()).toMatchObject({ inFlight: 1_250 });
      await queue.replay({ from: "0" });
      expect(await queue.depth()).toMatchObject({ inFlight: 0 });
      expect(await drain(queue, () => {})).toMatchObject({ completed: 1_250 });
    });

    test("leaves no consumer of those that it takes messages from", async () => {
      const { queue, send, claim, outside } = open();
      await send(1, 2);
      await claim(newToken(), 1);
      await claim(newToken(), 1);
      await queue.replay({ from: "0" });
      await drain(queue, () => {});
      expect(await outside.consumers()).toEqual({});
    });

    test("brings back what is kept, behind an entry, from a time on, or all of it", async () => {
      const { queue, send } = open();
      const [first = ""] = await send("one");
      await target().pass(5);
      const [second = ""] = await send("two", "three");
      const seen: unknown[] = [];
      const pass = () => drain(queue, ({ payload }) => void seen.push(payload));
      await pass();
      const again = async (from: ReplayOptions["from"]) => {
        seen.length = 0;
        await queue.replay({ from });
        await pass();
        return [...seen];
      };
      expect(await again("0")).toEqual(["one", "two", "three"]);
      expect(await again(first as `${number}-${number}`)).toEqual(["two", "three"]);
      expect(await again(new Date(Number(second.split("-")[0])))).toEqual(["two", "three"]);
      seen.length = 0;
      await pass();
      expect(seen).toEqual([]);
    });

    test("from beyond what the group has read skips no message", async () => {
      const { queue, send, claim, turn } = open();
      await send("done", "parked", "held");
      const pass = newToken();
      const hands = inHand((await claim(pass)).messages);
      await turn(pass, {
        complete: hands.slice(0, 1),
        retry: later(hands.slice(1, 2), 60_000),
        held: hands.slice(2),
      });
      const [, last = ""] = await send("unread", "last");
      await queue.replay({ from: last as `${number}-${number}` });
      await queue.replay({ from: new Date("2100-01-01") });
      expect(await queue.depth()).toMatchObject({ inFlight: 1, parked: 1 });
      const seen: unknown[] = [];
      await drain(queue, ({ payload }) => void seen.push(payload));
      expect(seen).toEqual(["unread", "last"]);
    });

    test("completes work whose key is done as a duplicate, unless it is to be repeated", async () => {
      const { queue, send, sendKeyed } = open();
      await sendKeyed("a", "b");
      await send("plain");
      await drain(queue, () => {});
      await queue.replay({ from: "0" });
      expect(await drain(queue, () => {})).toMatchObject({ completed: 1, duplicates: 2 });
      await queue.replay({ from: "0", repeatDone: true });
      expect(await drain(queue, () => {})).toMatchObject({ completed: 3, duplicates: 0 });
    });

    test("takes messages from the passes that have them, and from those that wait for a retry", async () => {
      const { queue, send, claim, turn } = open();
      await send(1, 2, 3);
      const pass = newToken();
      const held = inHand((await claim(pass)).messages);
      await turn(pass, { retry: later(held.slice(0, 1), 60_000), held: held.slice(1) });
      await queue.replay({ from: "0" });
      expect(await queue.depth()).toMatchObject({ inFlight: 0, parked: 0 });
      const seen: unknown[] = [];
      await drain(queue, ({ payload }) => void seen.push(payload));
      expect(seen).toEqual([1, 2, 3]);
      const late = await turn(pass, { complete: held.slice(1) });
      expect(late.lost).toHaveLength(2);
    });

    test("of a group that is not there does nothing", async () => {
      const { queue } = open();
      await queue.replay({ from: "0", repeatDone: true });
      expect(await queue.depth()).toMatchObject({ entries: 0 });
    });

    test("refuses what is no place in the past", async () => {
      const { queue } = open();
      for (const from of ["$", "yesterday", undefined]) {
        await expect(queue.replay({ from: from as never })).rejects.toThrow(/`from`/);
      }
    });
  });
}
