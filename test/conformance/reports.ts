import { describe, expect, test } from "vitest";
import { createQueue, drain, type HandlerContext, Reject, Retry } from "../../src/index.ts";
import type { Loss, Target } from "./target.ts";
import { inHand, later, newToken, openWorkbench, rejectAll, type Workbench } from "./workbench.ts";

const LEASE_MS = 60_000;
const OPTIONS = { visibilityTimeout: LEASE_MS };

/** What reports say where requests get lost and others are at work: certain, or `uncertain`. */
export function reports(target: () => Target): void {
  /**
   * The queue for a pass whose requests get lost; `sleep` lets a lease go by for it and for what is
   * stored, as one clock would.
   */
  async function lossy(bench: Workbench, ...losses: Loss[]) {
    let aheadMs = 0;
    const store = await target().faulty(...losses);
    const again = { ...store, now: () => store.now() + aheadMs };
    return {
      queue: createQueue({ ...OPTIONS, name: bench.queue.name, store: again }),
      async sleep() {
        aheadMs += LEASE_MS + 10;
        await bench.age(LEASE_MS + 10);
      },
    };
  }

  const HANDLERS = {
    completes: () => {},
    rejects: () => {
      throw new Reject("no");
    },
  };

  describe("reports", () => {
    for (const [does, handler] of Object.entries(HANDLERS)) {
      for (const [thief, outcome] of [
        ["completed", "complete"],
        ["rejected", "dead"],
      ] as const) {
        test(`a pass that ${does} a message is uncertain where its lease ran out first and another one ${thief} it`, async () => {
          const bench = openWorkbench(target(), OPTIONS);
          await bench.send("a");
          const steal = async () => {
            await sleep();
            const other = newToken();
            const held = inHand((await bench.claim(other)).messages);
            expect(held).toHaveLength(1);
            await bench.turn(other, { [outcome]: outcome === "dead" ? rejectAll(held) : held });
          };
          const { queue, sleep } = await lossy(
            bench,
            { lost: undefined },
            { lost: "request", meanwhile: steal },
          );
          const options = { prefetch: false, maxDuration: "10 m" } as const;
          const report = await drain(queue, handler, options);
          expect(report).toMatchObject({ completed: 0, dead: 0, lost: 0, uncertain: 1 });
        });
      }

      test(`a pass that ${does} a message is certain where its answer was lost within its lease`, async () => {
        const bench = openWorkbench(target(), OPTIONS);
        await bench.send("a");
        const { queue } = await lossy(bench, { lost: undefined }, { lost: "response" });
        const report = await drain(queue, handler, { prefetch: false });
        const dead = does === "rejects" ? 1 : 0;
        expect(report).toMatchObject({ completed: 1 - dead, dead, lost: 0, uncertain: 0 });
      });
    }

    /** Runs one message whose payload goes while it is worked on, and its lease is renewed. */
    async function workOnDeleted(
      bench: Workbench,
      remove: (id: string) => Promise<unknown>,
      handler: () => unknown,
    ) {
      const [first] = await bench.send("a");
      const signals: AbortSignal[] = [];
      const work = async ({ id }: { readonly id: string }, { extend, signal }: HandlerContext) => {
        if (id !== first) return;
        signals.push(signal);
        await remove(id);
        await extend();
        await extend();
        await extend();
        return handler();
      };
      const report = await drain(bench.queue, work, { maxDuration: "10 m" });
      expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
      return report;
    }

    test("a handler whose message somebody deleted goes on, and its work is completed", async () => {
      const bench = openWorkbench(target(), OPTIONS);
      const report = await workOnDeleted(
        bench,
        (id) => bench.outside.delete(id),
        () => {},
      );
      expect(report).toMatchObject({ stopped: "empty", completed: 1, lost: 0, uncertain: 0 });
      expect(await bench.queue.depth()).toMatchObject({ entries: 0, inFlight: 0, parked: 0 });
    });

    test("a handler goes on where another pass has come upon the deleted message", async () => {
      const bench = openWorkbench(target(), { ...OPTIONS, port: { gateMs: 1 } }); // it sweeps at once
      const remove = async (id: string) => {
        await bench.outside.delete(id);
        expect(await bench.turn(newToken())).toMatchObject({ lostPayloads: 1 });
      };
      const report = await workOnDeleted(bench, remove, () => {});
      expect(report).toMatchObject({ completed: 1, lost: 0 });
    });

    test("a deleted message cannot be retried: it is lost", async () => {
      const bench = openWorkbench(target(), OPTIONS);
      const report = await workOnDeleted(
        bench,
        (id) => bench.outside.delete(id),
        () => {
          throw new Retry(0);
        },
      );
      expect(report).toMatchObject({ completed: 0, retried: 0, lost: 1, uncertain: 0 });
    });

    test("what is read again, since somebody made the group anew, is told as lost by nobody", async () => {
      const bench = openWorkbench(target(), OPTIONS);
      await bench.send("a");
      const pass = newToken();
      const held = inHand((await bench.claim(pass)).messages);
      await bench.turn(pass, { retry: later(held, 1_000) });
      await bench.outside.destroyGroup(bench.port.group);
      await bench.outside.createGroup(bench.port.group, "0");
      for (const ms of [0, 1_010]) {
        await bench.age(ms);
        const report = await drain(bench.queue, () => {});
        expect(report).toMatchObject({ completed: ms === 0 ? 1 : 0, lostPayloads: 0 });
      }
      expect(await bench.queue.depth()).toMatchObject({ entries: 0, parked: 0 });
    });

    test("what a queue of the newest messages drops was removed by nobody else", async () => {
      const keepNewest = { count: 2, exact: true };
      const bench = openWorkbench(target(), { ...OPTIONS, keepNewest });
      await drain(bench.queue, () => {});
      const pushOut = () => bench.send("b", "c", "d");
      const report = await workOnDeleted(bench, pushOut, () => {});
      expect(report).toMatchObject({ completed: 3, lost: 0, lostPayloads: 0, trimmedUnread: 0 });
      await bench.send("e");
      await bench.claim(newToken());
      await bench.send("f", "g");
      await bench.age(LEASE_MS + 10);
      const next = await drain(bench.queue, () => {});
      expect(next).toMatchObject({ completed: 2, lostPayloads: 0, trimmedUnread: 0 });
      const { totals } = await bench.queue.stats();
      expect([totals.lostPayloads ?? 0, totals.trimmedUnread ?? 0]).toEqual([0, 0]);
    });
  });
}
