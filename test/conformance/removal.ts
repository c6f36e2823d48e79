import { describe, expect, test } from "vitest";
import { createQueue, drain, type QueueOptions } from "../../src/index.ts";
import type { StoreQueue } from "../../src/store.ts";
import { EMPTY } from "../support/depth.ts";
import type { Target } from "./target.ts";
import { idsOf, inHand, later, newToken, openWorkbench, type Workbench } from "./workbench.ts";

const NOTHING = { repaired: 0, orphans: undefined };

/** Which completed entries go and when: other groups, retention, and what others do to the stream. */
export function removal(target: () => Target): void {
  async function complete(bench: Workbench, count = 100) {
    const pass = newToken();
    const reply = await bench.claim(pass, count);
    await bench.turn(pass, { complete: inHand(reply.messages), found: reply.found });
    return reply;
  }
  async function trim(bench: Workbench, ...groups: string[]) {
    await bench.age(60_000); // a trim that took long, on a busy machine, keeps the next one waiting
    return bench.store.trim(bench.port, [bench.port.group, ...groups], {});
  }

  describe("other groups", () => {
    test("nothing is deleted before every group has read it", async () => {
      const bench = openWorkbench(target());
      const ids = await bench.send("a", "b", "c");
      await bench.outside.createGroup("audit", "0");
      const reply = await complete(bench);
      expect(reply.found).toMatchObject({ keep: true });
      expect([...(reply.found?.groups ?? [])].sort()).toEqual(["audit", bench.port.group]);
      expect((await trim(bench, "audit")).removed).toBe(0);
      expect(await bench.outside.ids()).toEqual(ids);

      expect(await bench.outside.read("audit", "reader", 2)).toEqual(ids.slice(0, 2));
      expect((await trim(bench, "audit")).removed).toBe(0);
      await bench.outside.ack("audit", ids[0] as string);
      expect((await trim(bench, "audit")).removed).toBe(1);
      await bench.outside.ack("audit", ids[1] as string);
      await bench.outside.read("audit", "reader");
      await bench.outside.ack("audit", ids[2] as string);
      expect((await trim(bench, "audit")).removed).toBe(2);
    });

    test("a group that the caller did not name holds back the trim", async () => {
      const bench = openWorkbench(target(), { shared: true });
      await bench.send("a");
      await complete(bench);
      await bench.outside.createGroup("late", "$");
      expect((await trim(bench)).removed).toBe(0);
      expect((await trim(bench, "late")).removed).toBe(1);
    });

    test("nothing is trimmed while the queue's own group has not begun", async () => {
      const bench = openWorkbench(target(), { shared: true });
      const ids = await bench.send("a", "b");
      await bench.outside.createGroup("audit", "0");
      await bench.outside.read("audit", "reader");
      await bench.outside.ack("audit", ...ids);
      expect((await trim(bench, "audit")).removed).toBe(0);
      expect(idsOf(await bench.claim(newToken()))).toEqual(ids);
    });

    test("a shared queue keeps completed entries, and the next pass remembers that", async () => {
      const bench = openWorkbench(target(), { shared: true });
      await bench.send("a");
      expect(await complete(bench)).toMatchObject({ found: { keep: true } });
      expect((await bench.outside.ids()).length).toBe(1);
      const unaware = openWorkbench(target(), { stream: bench.port.stream });
      expect(await unaware.turn(newToken())).toMatchObject({ found: { keep: true } });
    });

    test("a trim leaves what is unread, pending or parked, and all behind it", async () => {
      const bench = openWorkbench(target(), { shared: true });
      const ids = await bench.send(1, 2, 3, 4);
      const pass = newToken();
      const [a, b, c] = inHand((await bench.claim(pass, 3)).messages);
      if (!a || !b || !c) throw new Error("Three messages were expected.");
      await bench.turn(pass, { complete: [a], retry: later([b], 60_000), held: [c] });
      expect((await trim(bench)).removed).toBe(1);
      await bench.turn(pass, { complete: [c] });
      expect((await trim(bench)).removed).toBe(0);
      expect(await bench.outside.ids()).toEqual(ids.slice(1));
    });

    test("where another group reads the stream, completed entries are not taken for invisible ones", async () => {
      const bench = openWorkbench(target());
      await bench.send("a", "b");
      await bench.outside.createGroup("audit", "0");
      await complete(bench);
      expect(await bench.queue.repair()).toEqual(NOTHING);
    });
  });

  describe("retention", () => {
    test("the newest so many stay, completed or not", async () => {
      const bench = openWorkbench(target(), { retention: { count: 2 } });
      const ids = await bench.send(1, 2, 3, 4, 5);
      await complete(bench, 4);
      expect((await trim(bench)).removed).toBe(3);
      expect(await bench.outside.ids()).toEqual(ids.slice(3));
      expect(idsOf(await bench.claim(newToken()))).toEqual(ids.slice(4));
    });

    test("unprocessed entries stay, however many there are", async () => {
      const bench = openWorkbench(target(), { retention: { count: 0 } });
      const ids = await bench.send(1, 2, 3, 4);
      const pass = newToken();
      const { messages } = await bench.claim(pass, 2);
      expect((await trim(bench)).removed).toBe(0);
      await bench.turn(pass, { complete: inHand(messages) });
      expect((await trim(bench)).removed).toBe(2);
      expect(await bench.outside.ids()).toEqual(ids.slice(2));
    });

    test("completed entries stay for their time, unprocessed ones beyond it", async () => {
      const bench = openWorkbench(target(), { retention: { age: "1 h" } });
      const ids = await bench.send(1, 2, 3);
      await complete(bench, 2);
      expect((await trim(bench)).removed).toBe(0);
      const { stream } = bench.port;
      const hasty = openWorkbench(target(), { stream, retention: { age: 5 } });
      await target().pass(10);
      expect((await trim(hasty)).removed).toBe(2);
      expect(await bench.outside.ids()).toEqual(ids.slice(2));
    });
  });

  describe("what others do to the stream", () => {
    test("entries that somebody else acknowledged are leftovers, and a trim removes them", async () => {
      const bench = openWorkbench(target());
      await bench.turn(newToken());
      const ids = await bench.send("a", "b");
      await bench.outside.read(bench.port.group, "their-worker");
      await bench.outside.ack(bench.port.group, ...ids);
      expect(await bench.claim(newToken())).toMatchObject({
        messages: [],
        found: { leftovers: 2 },
      });
      expect((await trim(bench)).removed).toBe(2);
      const clean = await bench.turn(newToken());
      expect(clean.found?.leftovers).toBe(0);
    });

    test("unread entries that somebody else trimmed are counted once", async () => {
      const bench = openWorkbench(target());
      await bench.send("first");
      await complete(bench);
      const [, , third] = await bench.send("a", "b", "c");
      await bench.outside.trimBelow(third as string);
      expect(await bench.turn(newToken())).toMatchObject({ trimmedUnread: 2 });
      expect(await bench.claim(newToken())).toMatchObject({ trimmedUnread: 0, messages: [{}] });
    });

    test("a parked message whose payload somebody deleted is counted as lost", async () => {
      const bench = openWorkbench(target());
      const [a] = await bench.send("a", "b");
      const pass = newToken();
      const held = inHand((await bench.claim(pass, 1)).messages);
      await bench.turn(pass, { retry: later(held) });
      await bench.outside.delete(a as string);
      const reply = await bench.claim(newToken());
      expect(reply).toMatchObject({ lostPayloads: 1, messages: [{ delivery: 1 }] });
      expect((await bench.queue.depth()).parked).toBe(0);
    });

    test("a group that somebody destroyed is made again at 0, and everything comes back", async () => {
      const bench = openWorkbench(target());
      const ids = await bench.send("a", "b", "c");
      const pass = newToken();
      const [a] = inHand((await bench.claim(pass, 2)).messages);
      await bench.turn(pass, { retry: later(a === undefined ? [] : [a], 60_000) });
      await bench.outside.destroyGroup(bench.port.group);
      const reply = await bench.claim(newToken());
      expect(reply).toMatchObject({ createdGroup: true, lostPayloads: 0 });
      expect(idsOf(reply)).toEqual(ids);
      expect((await bench.queue.depth()).parked).toBe(0);
    });

    test("a pass whose group was destroyed has lost what it had", async () => {
      const bench = openWorkbench(target());
      const [id] = await bench.send("a");
      const pass = newToken();
      const reply = await bench.claim(pass);
      await bench.outside.destroyGroup(bench.port.group);
      const late = await bench.turn(pass, {
        complete: inHand(reply.messages),
        found: reply.found,
        survey: false,
      });
      expect(late).toMatchObject({ createdGroup: true, lost: [id] });
      expect(idsOf(await bench.claim(newToken()))).toEqual([id]);
    });

    test("parked messages of a stream that somebody deleted are counted as lost", async () => {
      const bench = openWorkbench(target());
      await bench.send("a", "b");
      const pass = newToken();
      const held = inHand((await bench.claim(pass)).messages);
      await bench.turn(pass, { retry: later(held, 60_000) });
      await bench.outside.deleteStream();
      expect(await bench.claim(newToken())).toMatchObject({ createdGroup: true, lostPayloads: 2 });
      expect(await bench.queue.depth()).toEqual(EMPTY);
    });

    test("a group that is retired holds up no trim, and leaves nothing but its dead letters", async () => {
      const bench = openWorkbench(target(), { shared: true });
      const gone = openWorkbench(target(), { name: bench.queue.name, group: "gone", shared: true });
      await bench.send("one", "two");
      const pass = newToken();
      const held = inHand((await gone.claim(pass)).messages);
      await gone.turn(pass, { retry: later(held.slice(0, 1), 60_000), held: held.slice(1) });
      await complete(bench);
      await trim(bench, bench.port.group, "gone");
      expect(await bench.outside.ids()).toHaveLength(2);
      expect(await gone.queue.retire()).toBe(true);
      expect(await gone.queue.retire()).toBe(false);
      expect(await gone.queue.depth()).toMatchObject({ inFlight: 0, parked: 0 });
      await trim(bench, bench.port.group);
      expect(await bench.outside.ids()).toEqual([]);
    });

    test("a group starts behind an id, or at a time", async () => {
      const bench = openWorkbench(target());
      const [first = ""] = await bench.send("one");
      await target().pass(5);
      const [second = "", third = ""] = await bench.send("two", "three");
      const startAt = async (group: string, start: NonNullable<QueueOptions["start"]>) => {
        const { claim } = openWorkbench(target(), { name: bench.queue.name, group, start });
        return idsOf(await claim(newToken()));
      };
      expect(await startAt("behind", first as `${number}-${number}`)).toEqual([second, third]);
      const at = new Date(Number(second.split("-")[0]));
      expect(await startAt("at", at)).toEqual([second, third]);
      expect(await startAt("after", new Date(at.getTime() + 1_000))).toEqual([]);
      expect(await startAt("ever", new Date(0))).toEqual([first, second, third]);
    });

    test("a group that starts at $ begins behind what is there, but only the first time", async () => {
      const port: Partial<StoreQueue> = { start: "$" };
      const bench = openWorkbench(target(), { port });
      const old = await bench.outside.add("old", "1");
      expect((await bench.claim(newToken())).messages).toEqual([]);
      const [fresh] = await bench.send("new");
      expect(idsOf(await bench.claim(newToken()))).toEqual([fresh]);
      await bench.outside.destroyGroup(bench.port.group);
      expect(idsOf(await bench.claim(newToken()))).toEqual([old, fresh]);
    });

    test("messages that the loss of the parked set made invisible are repaired", async () => {
      const bench = openWorkbench(target());
      const ids = await bench.send(...Array(450).keys());
      const pass = newToken();
      const { messages } = await bench.claim(pass, 450);
      const held = inHand(messages);
      await bench.turn(pass, { retry: later(held.slice(0, 440), 30_000), held: held.slice(440) });
      await bench.outside.loseParked();
      expect((await bench.claim(newToken())).messages).toEqual([]);
      expect(await bench.queue.repair()).toEqual({ repaired: 440, orphans: undefined });
      expect(await bench.claim(newToken(), 500)).toMatchObject({ messages: [] });
      await bench.age(30_000);
      expect(await bench.queue.repair()).toEqual(NOTHING);
      const again = await bench.claim(newToken(), 500);
      expect(idsOf(again).sort()).toEqual(ids.slice(0, 440).sort());
    });

    test("a repair that does not know of the retention brings back nothing that was kept", async () => {
      const { queue, send, store } = openWorkbench(target(), { retention: { count: 100 } });
      await send(1, 2, 3);
      await drain(queue, () => {});
      const { stream, group } = queue.resolved.storeQueue;
      const unaware = createQueue({ name: queue.name, store, stream, group });
      expect(await unaware.repair()).toEqual(NOTHING);
      expect(await drain(unaware, () => {})).toMatchObject({ claimed: 0, repaired: 0 });
    });

    test("a queue that was never used has nothing to repair", async () => {
      expect(await openWorkbench(target()).queue.repair()).toEqual(NOTHING);
    });
  });
}
