import { describe, expect, test } from "vitest";
import { EMPTY } from "../support/depth.ts";
import type { Target } from "./target.ts";
import { idsOf, inHand, later, newToken, openWorkbench } from "./workbench.ts";

/** What is sent, how much of it a claim takes, and what is parked between. */
export function claiming(target: () => Target): void {
  describe("sending", () => {
    const entries = [
      ["xd:d", "1"],
      ["a", "1", "b", "2"],
      ["xd:d", "3"],
    ];

    test("messages get ids in their order, and a request that comes again stores nothing", async () => {
      const { store, port, outside } = openWorkbench(target());
      const request = { requestId: newToken(), entries };
      const first = await store.send(port, request, {});
      expect(first.error).toBeUndefined();
      const again = await store.send(port, request, {});
      expect(again.ids).toEqual(first.ids);
      expect(await outside.ids()).toEqual(first.ids);
    });

    test("a send whose response is lost stores its messages once", async () => {
      const { port, outside } = openWorkbench(target());
      const store = await target().faulty({ lost: "response" }, { lost: "request" });
      const reply = await store.send(port, { requestId: newToken(), entries }, {});
      expect(reply).toMatchObject({ error: undefined, bill: { requests: 3 } });
      expect(await outside.ids()).toEqual(reply.ids);
      expect(reply.ids.length).toBe(3);
    });

    test("a send that fails half-way says so, also when its response was lost", async () => {
      const { port } = openWorkbench(target());
      const tooWide = Array.from({ length: 400 }, (_, i) => [`f${i}`, ""]).flat();
      const store = await target().faulty({ lost: "response" });
      const request = { requestId: newToken(), entries: [...entries, tooWide, ...entries] };
      const reply = await store.send(port, request, {});
      expect(reply.ids.length).toBe(3);
      expect(reply.error).toMatchObject({ code: "store_refused" });
    });
  });

  describe("claiming", () => {
    test("a claim takes the oldest first and no more than it asks for", async () => {
      const bench = openWorkbench(target());
      const ids = await bench.send(1, 2, 3, 4, 5);
      expect(idsOf(await bench.claim(newToken(), 2))).toEqual(ids.slice(0, 2));
      expect(idsOf(await bench.claim(newToken(), 2))).toEqual(ids.slice(2, 4));
      expect((await bench.turn(newToken())).messages).toEqual([]);
      expect(await bench.queue.depth()).toEqual({ ...EMPTY, entries: 5, inFlight: 4 });
    });

    test("due parked messages take at most half of a batch while there are new ones", async () => {
      const bench = openWorkbench(target());
      const old = await bench.send(...Array(8).keys());
      const pass = newToken();
      const held = inHand((await bench.claim(pass)).messages);
      await bench.turn(pass, { retry: later(held) });
      const fresh = await bench.send(...Array(20).keys());
      const reply = await bench.claim(newToken(), 10);
      expect(idsOf(reply)).toEqual([...fresh.slice(0, 5), ...old.slice(0, 5)]);
      const rest = await bench.claim(newToken(), 30);
      expect(idsOf(rest)).toEqual([...fresh.slice(5), ...old.slice(5)]);
    });

    test("parked messages come in the order of their times, each with its own count", async () => {
      const bench = openWorkbench(target());
      await bench.send("a", "b", "c");
      const pass = newToken();
      const [a, b, c] = inHand((await bench.claim(pass)).messages);
      if (!a || !b || !c) throw new Error("Three messages were expected.");
      await bench.turn(pass, { retry: later([b]), release: later([a], 40_000), held: [c] });
      await bench.age(50_000);
      const { messages } = await bench.claim(newToken());
      const counts = Object.fromEntries(messages.map(({ id, delivery }) => [id, delivery]));
      expect(counts).toEqual({ [b.id]: 2, [a.id]: 1 });
    });

    test("what a group made anew has handed out is not taken from its pass by a parked copy", async () => {
      const bench = openWorkbench(target());
      const [id] = await bench.send("a");
      const pass = newToken();
      await bench.turn(pass, { retry: later(inHand((await bench.claim(pass)).messages)) });
      await bench.outside.destroyGroup(bench.port.group);
      await bench.outside.createGroup(bench.port.group, "0");
      expect(await bench.outside.read(bench.port.group, "their-worker")).toEqual([id]);
      expect((await bench.claim(newToken())).messages).toEqual([]);
      expect(await bench.outside.consumers()).toMatchObject({ "their-worker": 1 });
    });

    test("what would make a reply too large goes back, its delivery not counted", async () => {
      const bench = openWorkbench(target());
      const payload = "x".repeat(1_000);
      const ids = await bench.send(...Array(10).fill(payload));
      const pass = newToken();
      const reply = await bench.claim(pass, 10, { maxBytes: 3_500, sizeHint: 1 });
      expect(idsOf(reply)).toEqual(ids.slice(0, 3));
      const rest = await bench.claim(newToken(), 10);
      expect(rest.messages.map(({ id, delivery }) => [id, delivery])).toEqual(
        ids.slice(3).map((id) => [id, 1]),
      );
    });

    test("one message comes however large it is", async () => {
      const bench = openWorkbench(target());
      const ids = await bench.send("x".repeat(10_000), "y".repeat(10_000));
      const reply = await bench.claim(newToken(), 10, { maxBytes: 1, sizeHint: 1 });
      expect(idsOf(reply)).toEqual(ids.slice(0, 1));
    });

    test("bytes are counted as the server stores them, not as characters", async () => {
      const bench = openWorkbench(target());
      const ids = await bench.send(..."éüß".split("").map((letter) => letter.repeat(500)));
      const reply = await bench.claim(newToken(), 10, { maxBytes: 2_100, sizeHint: 1 });
      expect(idsOf(reply)).toEqual(ids.slice(0, 2));
    });

    test("a claim takes as many as fit by the size seen so far", async () => {
      const bench = openWorkbench(target());
      await bench.send(...Array(10).fill("x".repeat(96)));
      const reply = await bench.claim(newToken(), 10, { maxBytes: 420, sizeHint: 100 });
      expect(reply.messages.length).toBe(4);
      expect(await bench.queue.depth()).toMatchObject({ inFlight: 4, parked: 0 });
    });

    test("where no size was seen, a first slice tells how many more fit", async () => {
      const bench = openWorkbench(target());
      await bench.send(...Array(20).fill("x".repeat(94)));
      const reply = await bench.claim(newToken(), 20, { maxBytes: 1_000, sizeHint: 500 });
      expect(reply.messages.length).toBe(10);
      expect(await bench.queue.depth()).toMatchObject({ inFlight: 10, parked: 0 });
    });

    /** Ten messages of a thousand bytes that are due, and no new ones. */
    async function tenParked() {
      const bench = openWorkbench(target());
      const ids = await bench.send(...Array(10).fill("x".repeat(990)));
      const pass = newToken();
      await bench.turn(pass, { retry: later(inHand((await bench.claim(pass)).messages)) });
      await bench.age(1_000);
      return { bench, ids };
    }

    test.each([1_160, 1_000, 1_500])(
      "parked messages that would make a reply too large stay parked, %s bytes seen so far",
      async (sizeHint) => {
        const { bench, ids } = await tenParked();
        const before = await bench.outside.dueTimes();
        const request = { maxBytes: 3_500, sizeHint };
        const reply = await bench.claim(newToken(), 10, request);
        expect(idsOf(reply)).toEqual(ids.slice(0, 3));
        expect(reply.messages.map(({ delivery }) => delivery)).toEqual([2, 2, 2]);
        for (const id of ids.slice(0, 3)) delete before[id];
        expect(await bench.outside.dueTimes()).toEqual(before);
        expect((await bench.claim(newToken(), 10)).messages).toHaveLength(7);
      },
    );

    test("ten parked messages tell how many more fit, however small others were", async () => {
      const { bench } = await tenParked();
      const second = await bench.send(...Array(90).fill("x".repeat(990)));
      const pass = newToken();
      const held = inHand((await bench.claim(pass, 90)).messages);
      await bench.turn(pass, { retry: later(held), survey: false });
      await bench.age(1_000);
      const before = await bench.outside.dueTimes();
      const reply = await bench.claim(newToken(), 90, { maxBytes: 25_500, sizeHint: 10 });
      expect(reply.messages).toHaveLength(25);
      for (const { id } of reply.messages) delete before[id];
      expect(second.length + 10 - reply.messages.length).toBe(75);
      expect(await bench.outside.dueTimes()).toEqual(before);
    });

    test("parked messages and new ones share the bytes of a turn", async () => {
      const { bench, ids } = await tenParked();
      const fresh = await bench.send(...Array(10).fill("x".repeat(990)));
      const request = { maxBytes: 4_500, sizeHint: 1_125 };
      const reply = await bench.claim(newToken(), 10, request);
      expect(idsOf(reply)).toEqual([...fresh.slice(0, 2), ...ids.slice(0, 2)]);
    });

    test("parked messages come though new ones would fill each turn", async () => {
      const { bench, ids } = await tenParked();
      await bench.send(...Array(60).fill("x".repeat(990)));
      const seen: (string | undefined)[] = [];
      for (let turns = 0; turns < 40; turns += 1) {
        const reply = await bench.claim(newToken(), 10, { maxBytes: 1_500, sizeHint: 1_500 });
        expect(reply.messages).toHaveLength(1);
        seen.push(...idsOf(reply));
        await target().pass(1);
      }
      expect(seen).toContain(ids[0]);
      expect(seen.some((id) => !ids.includes(id ?? ""))).toBe(true);
    });
  });
}
