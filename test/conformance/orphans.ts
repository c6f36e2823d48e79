import { describe, expect, test } from "vitest";
import { createQueue, type DrainReport, drain, type QueueOptions, Retry } from "../../src/index.ts";
import type { Target } from "./target.ts";
import { openWorkbench, type Workbench } from "./workbench.ts";

const LEASE_MS = 60_000;
/** Redis commands of a pass that looks once and neither trims nor repairs. */
const MOST = 13;
const LATER_MS = 10 * 3_600_000;

/** Entries that the group has read, and that neither run nor wait: only what is proven decides what becomes of them. */
export function orphans(target: () => Target): void {
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

  /** Passes until the queue is still; what ran, and all of their reports together. */
  async function settle({ queue, age }: Pick<Workbench, "queue" | "age">, passes = 3) {
    const ran: unknown[] = [];
    const reports: DrainReport[] = [];
    for (let i = 0; i < passes; i += 1) {
      await age(120_000); // a trim that took long, on a busy machine, keeps the next one waiting
      reports.push(await drain(queue, ({ payload }) => ran.push(payload)));
    }
    const last = reports.at(-1) as DrainReport;
    return {
      ran,
      repaired: reports.reduce((sum, { repaired }) => sum + repaired, 0),
      trimmed: reports.reduce((sum, { trimmed }) => sum + trimmed, 0),
      orphans: last.orphans,
      more: last.more,
      last,
    };
  }
  const later = () => Promise.reject(new Retry(LATER_MS));

  describe("where a group starts", () => {
    async function startedAt(
      start: (ids: readonly string[]) => NonNullable<QueueOptions["start"]>,
    ) {
      const history = openWorkbench(target());
      const ids = await history.send(...numbers(30).map((n) => `before ${n}`));
      const bench = openWorkbench(target(), {
        name: history.queue.name,
        start: start(ids),
      });
      const first = await settle(bench);
      await bench.send("after");
      const second = await settle(bench);
      const left = await bench.outside.ids();
      return { first, second, left, ids };
    }

    test("entries from before `$` never run, stay, and cost later passes nothing", async () => {
      const { first, second, left, ids } = await startedAt(() => "$");
      expect(first).toMatchObject({ ran: [], repaired: 0, trimmed: 0, orphans: undefined });
      expect(second).toMatchObject({ ran: ["after"], repaired: 0, orphans: undefined });
      expect(left).toEqual(ids);
      expect(second.last).toMatchObject({ turns: 1, more: false });
      expect(second.last.commands).toBeLessThanOrEqual(MOST);
    });

    test("entries up to the id behind which a group starts never run, and stay", async () => {
      const { first, second, left, ids } = await startedAt(
        (all) => all[19] as `${number}-${number}`,
      );
      expect(first.ran).toHaveLength(10);
      expect(first).toMatchObject({ repaired: 0, orphans: undefined });
      expect(second).toMatchObject({ ran: ["after"], repaired: 0, orphans: undefined });
      expect(left).toEqual(ids.slice(0, 20));
      expect(second.last.commands).toBeLessThanOrEqual(MOST);
    });

    test("entries from before the time at which a group starts never run, and stay", async () => {
      const { first, left, ids } = await startedAt(
        (all) => new Date(Number.parseInt(all.at(-1) ?? "", 10) + 1_000),
      );
      expect(first).toMatchObject({ ran: [], repaired: 0, orphans: undefined });
      expect(left).toEqual(expect.arrayContaining([...ids]));
    });
  });

  describe("finished work", () => {
    test("does not run again when another group goes during the pass that completed it", async () => {
      const bench = openWorkbench(target());
      await bench.send(...numbers(20));
      await bench.outside.createGroup("audit", "0");
      const destroyed = await drain(bench.queue, async ({ payload }) => {
        if (payload === 19) await bench.outside.destroyGroup("audit");
      });
      expect(destroyed.completed).toBe(20);
      const { ran, ...rest } = await settle(bench);
      expect(ran).toEqual([]);
      expect(rest).toMatchObject({ repaired: 0, orphans: undefined, more: false });
      expect(await bench.outside.ids()).toEqual([]);
    });

    test("of workers that left after our first pass is told, and stays until it is discarded", async () => {
      const bench = openWorkbench(target());
      await drain(bench.queue, () => {});
      const ids = await bench.send(...numbers(50));
      await bench.outside.read(bench.port.group, "worker");
      await drain(bench.queue, () => expect.fail("the worker has them"));
      await bench.outside.ack(bench.port.group, ...ids);
      await bench.outside.removeConsumer("worker");
      await bench.age(LEASE_MS);
      const { ran, orphans, more, last } = await settle(bench);
      expect({ ran, orphans, more }).toEqual({
        ran: [],
        orphans: { count: 50, firstId: ids[0] },
        more: false,
      });
      expect(last.commands).toBeLessThanOrEqual(MOST);
      expect(await bench.outside.ids()).toEqual(ids);
      expect(await bench.queue.repair()).toEqual({ repaired: 0, orphans });
      expect(await bench.queue.repair({ orphans: "discard" })).toEqual({ repaired: 0, orphans });
      expect(await bench.outside.ids()).toEqual([]);
      expect(await settle(bench)).toMatchObject({ ran: [], orphans: undefined });
    });

    test("that somebody acknowledged by hand runs again only if a person says so", async () => {
      const bench = openWorkbench(target(), {});
      await drain(bench.queue, () => {});
      const ids = await bench.send(...numbers(6));
      await bench.outside.read(bench.port.group, "by hand", 3);
      await bench.outside.ack(bench.port.group, ...ids.slice(0, 3));
      await bench.outside.removeConsumer("by hand");
      await drain(bench.queue, later, { maxMessages: 1 });
      const { ran, orphans } = await settle(bench);
      expect({ ran, orphans }).toEqual({ ran: [4, 5], orphans: { count: 3, firstId: ids[0] } });
      const [first, second] = ids as [`${number}-${number}`, `${number}-${number}`];
      const one = { count: 1, firstId: first };
      expect(await bench.queue.repair({ orphans: "discard", to: first })).toMatchObject({
        orphans: one,
      });
      expect(await bench.queue.repair({ orphans: "run", from: second })).toMatchObject({
        orphans: { count: 2, firstId: second },
      });
      expect((await settle(bench)).ran.toSorted()).toEqual([1, 2]);
      expect(await bench.outside.ids()).toEqual([ids[3]]);
    });

    test("and what is in flight stays as it is where a repair is made by hand", async () => {
      const bench = openWorkbench(target());
      await drain(bench.queue, () => {});
      const ids = await bench.send(...numbers(500));
      const { group } = bench.port;
      await bench.outside.read(group, "worker");
      await bench.outside.ack(group, ...ids.slice(0, 50));
      expect(await bench.queue.repair()).toMatchObject({ repaired: 0 });
      expect(await bench.queue.repair({ orphans: "run" })).toEqual({
        repaired: 0,
        orphans: undefined,
      });
      expect(await bench.queue.depth()).toMatchObject({ parked: 0, inFlight: 450 });
    });
  });

  test("a decision that cannot be understood is refused before anything is asked", async () => {
    const { queue } = openWorkbench(target());
    const refused = async (options: object) =>
      await expect(queue.repair(options)).rejects.toMatchObject({ code: "invalid_option" });
    await refused({ orphans: "keep" });
    await refused({ from: "1-0" });
    await refused({ orphans: "run", to: "$" });
    await refused({ orphan: "run" });
  });

  describe("a lost set of parked messages", () => {
    async function parked(options: Partial<QueueOptions> = {}, count = 20) {
      const bench = openWorkbench(target(), options);
      const ids = await bench.send(...numbers(count));
      await drain(bench.queue, ({ payload }) => (Number(payload) % 2 === 0 ? later() : undefined));
      return { bench, ids, waiting: ids.filter((_, n) => n % 2 === 0) };
    }

    const kinds: [string, Partial<QueueOptions>][] = [
      ["a queue alone on its stream", {}],
      ["a shared queue", { shared: true }],
      ["a queue that keeps what is completed", { retention: { age: "1 d" } }],
    ];
    test.each(kinds)("comes back with its retry times and counts: %s", async (_, options) => {
      const { bench, ids } = await parked(options);
      await bench.outside.loseParked();
      const again = await settle(bench);
      expect(again).toMatchObject({ ran: [], repaired: 10, orphans: undefined });
      expect(await bench.queue.depth()).toMatchObject({ parked: 10 });
      await bench.age(LATER_MS);
      const failures: number[] = [];
      await drain(bench.queue, (message) => failures.push(message.failures));
      expect(failures).toEqual(Array(10).fill(1));
      const left = await bench.outside.ids();
      expect(left).toEqual(options.retention === undefined ? [] : ids);
    });

    test("is noticed behind messages that were parked after the loss", async () => {
      const { bench } = await parked();
      await bench.outside.loseParked();
      await bench.send("new");
      expect(await drain(bench.queue, later)).toMatchObject({ retried: 1, repaired: 10 });
      expect(await bench.queue.depth()).toMatchObject({ parked: 11 });
    });

    test("of another group is brought back, and nothing of it trimmed", async () => {
      const { bench, waiting } = await parked({ shared: true });
      const other = openWorkbench(target(), {
        name: bench.queue.name,
        group: "other",
        shared: true,
      });
      await bench.outside.loseParked();
      await settle(other);
      expect((await bench.queue.depth()).parked).toBe(10);
      await settle(other);
      expect(await bench.outside.ids()).toEqual(expect.arrayContaining(waiting));
      await bench.age(LATER_MS);
      expect((await settle(bench)).ran).toHaveLength(10);
      await settle(other);
      expect(await bench.outside.ids()).toEqual([]);
    });

    test.each(kinds.slice(0, 2))(
      "with the records of it: nothing runs and nothing is trimmed until a person decides: %s",
      async (_, options) => {
        // Where completed entries stay, they look as the lost ones do.
        const { bench, ids, waiting } = await parked(options);
        const undecided = options.shared === true ? ids : waiting;
        await bench.outside.loseParked();
        await bench.outside.loseRecords();
        const found = await settle(bench);
        expect(found).toMatchObject({ ran: [], repaired: 0, trimmed: 0, more: false });
        expect(found.orphans).toEqual({ count: undecided.length, firstId: ids[0] });
        expect(found.last.commands).toBeLessThanOrEqual(MOST);
        expect(await bench.outside.ids()).toEqual(expect.arrayContaining(waiting));
        await bench.queue.repair({ orphans: "run" });
        expect((await settle(bench)).ran).toHaveLength(undecided.length);
        expect(await bench.outside.ids()).toEqual([]);
      },
    );

    test("with the records of it, of another group: holds back the trim, and is told by that group alone", async () => {
      const { bench, ids } = await parked({ shared: true });
      const other = openWorkbench(target(), {
        name: bench.queue.name,
        group: "other",
        shared: true,
      });
      await bench.outside.loseParked();
      await bench.outside.loseRecords();
      expect(await settle(other)).toMatchObject({ trimmed: 0, orphans: undefined });
      expect((await settle(bench)).orphans).toEqual({ count: 20, firstId: ids[0] });
      expect(await bench.outside.ids()).toEqual(ids);
    });

    test("with the records of it: what a person discards goes with the next trim", async () => {
      const { bench } = await parked({ shared: true });
      await bench.outside.loseParked();
      await bench.outside.loseRecords();
      await settle(bench);
      await bench.queue.repair({ orphans: "discard" });
      expect(await settle(bench)).toMatchObject({ ran: [], orphans: undefined });
      expect(await bench.outside.ids()).toEqual([]);
    });

    test.each(kinds)(
      "records that an older release left behind run nothing: %s",
      async (_, options) => {
        const { bench, waiting } = await parked(options);
        const { stream } = bench.port;
        for (const id of waiting) await bench.outside.unparkWithoutRecord(id);
        if (options.shared === undefined && options.retention === undefined) {
          await bench.outside.delete(...waiting);
        }
        expect(await settle(bench)).toMatchObject({ ran: [], repaired: 0 });
        await createQueue({ name: stream, store: bench.store, ...options }).repair();
        expect(await settle(bench)).toMatchObject({ ran: [], repaired: 0 });
      },
    );

    test("a record that an older release left behind goes with the next trim, and runs nothing later", async () => {
      const { bench, waiting } = await parked({ retention: { age: "30 d" } });
      for (const id of waiting) await bench.outside.unparkWithoutRecord(id);
      await bench.send("one more");
      await settle(bench);
      await bench.outside.loseParked();
      expect(await settle(bench)).toMatchObject({ ran: [], repaired: 0, orphans: undefined });
    });

    test("loses its records alone, and is whole again before it is trusted", async () => {
      const { bench } = await parked({ shared: true });
      await bench.outside.loseRecords();
      await settle(bench);
      await bench.send("one more");
      await settle(bench);
      await bench.outside.loseParked();
      expect(await settle(bench)).toMatchObject({ ran: [], repaired: 10 });
    });
  });
}
