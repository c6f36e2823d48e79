import { describe, expect, test } from "vitest";
import type { Target } from "./target.ts";
import { idsOf, inHand, newToken, openWorkbench, turnRequest } from "./workbench.ts";

/** How far one call may go, and how much one turn does. */
export function limits(target: () => Target): void {
  const gone = { lost: "request" } as const;

  describe("limits", () => {
    test("a call makes no more requests than it may", async () => {
      const { port, queue } = openWorkbench(target());
      const store = await target().faulty(gone, { lost: "response" });
      let left = 2;
      const mayRequest = () => {
        left -= 1;
        return left >= 0;
      };
      const request = { requestId: newToken(), entries: [["a", "1"]] };
      await expect(store.send(port, request, { mayRequest })).rejects.toMatchObject({
        code: "store_unavailable",
        uncertain: true,
        requests: 2,
      });
      expect(left).toBe(-1);
      expect((await queue.depth()).entries).toBe(1);
    });

    test("no attempt starts after the call's deadline", async () => {
      const { port, queue } = openWorkbench(target());
      const store = await target().faulty(gone, gone);
      const deadline = store.now() + 40; // The first pause is longer.
      const request = { requestId: newToken(), entries: [["a", "1"]] };
      await expect(store.send(port, request, { deadline })).rejects.toMatchObject({ requests: 1 });
      expect((await queue.depth()).entries).toBe(0);
    });

    test("a trim by count goes in slices, and says when more may go", async () => {
      const bench = openWorkbench(target(), { retention: { count: 100 } });
      for (let i = 0; i < 3; i += 1) await bench.send(...Array(400).keys());
      const pass = newToken();
      for (let i = 0; i < 3; i += 1) {
        const { messages } = await bench.claim(pass, 400);
        await bench.turn(pass, { complete: inHand(messages) });
      }
      const trim = () => bench.store.trim(bench.port, [bench.port.group], {});
      expect(await trim()).toMatchObject({ removed: 1_000, more: true });
      expect(await trim()).toMatchObject({ removed: 100, more: false });
      expect(await trim()).toMatchObject({ removed: 0, more: false });
      expect((await bench.outside.ids()).length).toBe(100);
    });

    test("a turn without a survey works by what the pass found before", async () => {
      const bench = openWorkbench(target());
      const ids = await bench.send("a", "b");
      const pass = newToken();
      const first = await bench.claim(pass, 1);
      expect(first.found).toMatchObject({ keep: false, sweeping: false });
      const second = await bench.claim(pass, 1, {
        complete: inHand(first.messages),
        survey: false,
        found: first.found,
      });
      expect(second.found).toBeUndefined();
      expect(idsOf(second)).toEqual(ids.slice(1));
      const keeping = first.found && { ...first.found, keep: true };
      const last = { complete: inHand(second.messages), survey: false, found: keeping };
      await bench.turn(pass, last);
      expect(await bench.outside.ids()).toEqual(ids.slice(1));
    });

    test("a group that a turn without a survey finds missing is made as well", async () => {
      const bench = openWorkbench(target());
      const ids = await bench.send("a");
      const request = turnRequest(newToken(), { claim: 1, survey: false });
      const reply = await bench.store.turn(bench.port, request, {});
      expect(reply.createdGroup).toBe(true);
      expect(idsOf(reply)).toEqual(ids);
    });
  });
}
