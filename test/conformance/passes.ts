import { describe, expect, test } from "vitest";
import { createQueue, drain, Reject, Retry } from "../../src/index.ts";
import { EMPTY } from "../support/depth.ts";
import type { Loss, Target } from "./target.ts";
import { newToken, openWorkbench } from "./workbench.ts";

const LEASE_MS = 60_000;

/** Whole passes over a queue: `send`, `drain` and what their reports say. */
export function passes(target: () => Target): void {
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

  describe("passes", () => {
    test("what was sent is handed to the handler once, in its order, and nothing stays", async () => {
      const { queue, send, outside } = openWorkbench(target());
      await send(...numbers(250));
      const seen: unknown[] = [];
      const report = await drain(queue, ({ payload }) => seen.push(payload), { concurrency: 1 });
      expect(seen).toEqual(numbers(250));
      expect(report).toMatchObject({ stopped: "empty", claimed: 250, completed: 250, more: false });
      expect(report).toMatchObject({ retried: 0, dead: 0, lost: 0, uncertain: 0, replayed: 0 });
      expect(await queue.depth()).toEqual(EMPTY);
      expect(await outside.consumers()).toEqual({});
    });

    test("failures are retried, counted, and become dead letters", async () => {
      const { queue, send } = openWorkbench(target(), {
        maxFailures: 3,
        backoff: { initial: 0 },
      });
      const [flaky, hopeless, rejected] = await send("flaky", "hopeless", "rejected");
      const totals = { completed: 0, retried: 0, dead: 0 };
      const failures: [string, number][] = [];
      for (let passes = 0; totals.completed + totals.dead < 3; passes += 1) {
        expect(passes).toBeLessThan(10);
        const report = await drain(queue, (message) => {
          failures.push([message.id, message.failures]);
          if (message.payload === "rejected") throw new Reject("no");
          if (message.payload === "hopeless" || message.failures === 0) throw new Error("no");
        });
        for (const name of ["completed", "retried", "dead"] as const) totals[name] += report[name];
      }
      expect(totals).toEqual({ completed: 1, retried: 3, dead: 2 });
      const of = (id = "") => failures.filter(([other]) => other === id).map(([, n]) => n);
      expect([of(flaky), of(hopeless), of(rejected)]).toEqual([[0, 1], [0, 1, 2], [0]]);
      const reasons = (await queue.deadLetters.list()).map(({ reason }) => reason);
      expect(reasons.sort()).toEqual(["failed", "rejected"]);
    });

    test("what hand-written code has tried before counts, and a redriven message starts anew", async () => {
      const { queue, outside } = openWorkbench(target(), {
        maxFailures: 3,
        backoff: { initial: 0 },
        retryCountField: "retry_count",
      });
      for (const count of ["1", "3", "-1", "many", "9999999999"]) {
        await outside.add("n", count, "retry_count", count);
      }
      const failures: Record<string, number[]> = {};
      const fail = async () => {
        const report = await drain(queue, ({ payload, failures: before }) => {
          const { n = "" } = payload as { readonly n?: string };
          failures[n] = [...(failures[n] ?? []), before];
          throw new Error("no");
        });
        return report.retried;
      };
      while ((await fail()) > 0);
      expect(failures).toEqual({
        1: [1, 2],
        3: [3],
        "-1": [0, 1, 2],
        many: [0, 1, 2],
        9999999999: [0, 1, 2],
      });
      const letters = await queue.deadLetters.list();
      expect(letters.map((letter) => letter.failures).sort()).toEqual([3, 3, 3, 3, 4]);
      await queue.deadLetters.redrive(letters.map(({ id }) => id));
      while ((await fail()) > 0);
      expect(failures["3"]).toEqual([3, 0, 1, 2]);
    });

    test("a pass says when its first retry is due", async () => {
      const { queue, send } = openWorkbench(target());
      const [id = ""] = await send("later");
      const report = await drain(queue, () => {
        throw new Retry("1 h");
      });
      const wait = (report.nextDueAt?.getTime() ?? 0) - Number(id.split("-")[0]);
      expect(Math.round(wait / 60_000)).toBe(60);
    });

    test("duplicates in front of a queue do not end the pass before it has seen the rest", async () => {
      const { queue, send, sendKeyed } = openWorkbench(target());
      await sendKeyed("k");
      await drain(queue, () => {});
      await sendKeyed(...Array(25).fill("k"));
      await send("behind them");
      const report = await drain(queue, () => {}, { batch: 10 });
      expect(report).toMatchObject({ stopped: "empty", duplicates: 25, completed: 1 });
    });

    test("messages that wait for their key do not end the pass before it has seen the rest", async () => {
      const { queue, send, sendKeyed, claim } = openWorkbench(target());
      await sendKeyed("k");
      await claim(newToken());
      await sendKeyed(...Array(25).fill("k"));
      await send("behind them");
      const report = await drain(queue, () => {}, { batch: 10 });
      expect(report).toMatchObject({ deferred: 25, completed: 1 });
    });

    test("a limit of messages ends the pass, and the rest stays for the next", async () => {
      const { queue, send } = openWorkbench(target());
      await send(...numbers(30));
      const report = await drain(queue, () => {}, { maxMessages: 12 });
      expect(report).toMatchObject({ stopped: "messages", completed: 12, more: true });
      expect(await drain(queue, () => {})).toMatchObject({ stopped: "empty", completed: 18 });
    });

    test("a limit of requests leaves enough to settle what was claimed", async () => {
      const { queue, send } = openWorkbench(target());
      await send(...numbers(100));
      const report = await drain(queue, () => {}, { maxRequests: 6, batch: 10 });
      expect(report).toMatchObject({ stopped: "requests", more: true, uncertain: 0 });
      expect(report.requests).toBeLessThanOrEqual(6);
      const { entries, inFlight } = await queue.depth();
      expect([entries, inFlight]).toEqual([100 - report.completed, 0]);
    });

    test("several lanes share a queue, and each message runs once", async () => {
      const { queue, send } = openWorkbench(target());
      await send(...numbers(120));
      const seen: unknown[] = [];
      const report = await drain(queue, ({ payload }) => seen.push(payload), {
        lanes: 3,
        batch: 10,
      });
      expect(report.completed).toBe(120);
      expect(new Set(seen).size).toBe(120);
      expect(seen.length).toBe(120);
    });

    test("passes that overlap share a queue, and each message runs once", async () => {
      const { queue, send } = openWorkbench(target());
      await send(...numbers(90));
      const seen: unknown[] = [];
      const pass = () => drain(queue, ({ payload }) => seen.push(payload), { batch: 7 });
      const reports = await Promise.all([pass(), pass(), pass()]);
      expect(reports.reduce((sum, { completed }) => sum + completed, 0)).toBe(90);
      expect(seen.sort((a, b) => Number(a) - Number(b))).toEqual(numbers(90));
    });

    test.each<[string, Loss["lost"][]]>([
      ["requests", ["request", "request"]],
      ["responses", ["response", "response"]],
      ["both in turn", ["response", "request"]],
    ])("a pass that loses %s runs each message once", async (_, lost) => {
      const { queue, send } = openWorkbench(target());
      await send(...numbers(40));
      const losses = [...lost, ...lost, ...lost].map((kind) => ({ lost: kind }));
      // Two losses in a row, then the third attempt arrives.
      const quiet = { lost: undefined } as const;
      const pattern = losses.flatMap((loss, i) => (i % 2 === 1 ? [loss, quiet] : [loss]));
      const flaky = createQueue({ name: queue.name, store: await target().faulty(...pattern) });
      const seen: unknown[] = [];
      const report = await drain(flaky, ({ payload }) => seen.push(payload), {
        batch: 10,
        concurrency: 1,
      });
      expect(seen).toEqual(numbers(40));
      expect(report).toMatchObject({ completed: 40, lost: 0, uncertain: 0, stopped: "empty" });
      expect(report.requests).toBeGreaterThanOrEqual(report.turns + 6);
      expect((await queue.depth()).entries).toBe(0);
    });

    test("a pass that cannot settle says what is uncertain, and a later one does it again", async () => {
      const { queue, send, age } = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      await send(...numbers(5));
      const gone = { lost: "request" } as const;
      const quiet = { lost: undefined } as const;
      const store = await target().faulty(quiet, gone, gone, gone);
      const flaky = createQueue({ name: queue.name, store, visibilityTimeout: LEASE_MS });
      const report = await drain(flaky, () => {}, { prefetch: false });
      expect(report).toMatchObject({ stopped: "store", completed: 0, uncertain: 5, more: true });
      expect(report.error).toMatchObject({ code: "store_unavailable" });
      await age(LEASE_MS + 10);
      expect(await drain(queue, () => {})).toMatchObject({ completed: 5, reclaimed: 5 });
    });

    test.each([
      { lanes: 1, waiting: 0 },
      { lanes: 4, waiting: 0 },
      { lanes: 1, waiting: 130 },
      { lanes: 4, waiting: 130 },
    ])(
      "one pass of $lanes lanes takes back all that a dead one had, $waiting others waiting",
      async ({ lanes, waiting }) => {
        const { queue, send, claim, age } = openWorkbench(target(), {
          visibilityTimeout: LEASE_MS,
        });
        await send(...numbers(105));
        await claim(newToken(), 105);
        await age(LEASE_MS + 100);
        await send(...numbers(waiting));
        const report = await drain(queue, () => {}, { lanes });
        expect(report).toMatchObject({
          stopped: "empty",
          more: false,
          completed: 105 + waiting,
          reclaimed: 105,
        });
        expect(await queue.depth()).toEqual(EMPTY);
      },
    );

    test("one pass makes dead letters of all that a dead one had, where a crash is final", async () => {
      const options = { visibilityTimeout: LEASE_MS, onCrash: "dead" } as const;
      const { queue, send, claim, age } = openWorkbench(target(), options);
      await send(...numbers(45));
      await claim(newToken());
      await age(LEASE_MS + 100);
      expect(await drain(queue, () => {})).toMatchObject({
        stopped: "empty",
        more: false,
        dead: 45,
      });
    });

    test("one pass counts all that a dead one had, where somebody has deleted it", async () => {
      const { queue, send, claim, age, outside } = openWorkbench(target(), {
        visibilityTimeout: LEASE_MS,
      });
      const ids = await send(...numbers(45));
      await claim(newToken());
      await age(LEASE_MS + 100);
      await outside.delete(...ids.slice(0, 44));
      const report = await drain(queue, () => {});
      expect(report).toMatchObject({
        stopped: "empty",
        more: false,
        lostPayloads: 44,
        completed: 1,
      });
    });

    test("a paused queue keeps what a dead pass had, and no pass waits for it", async () => {
      const { queue, send, claim, age } = openWorkbench(target(), { visibilityTimeout: LEASE_MS });
      await send(...numbers(45));
      await claim(newToken());
      await age(LEASE_MS + 100);
      await queue.pause();
      for (let passes = 0; passes < 2; passes += 1) {
        const report = await drain(queue, () => {});
        expect(report).toMatchObject({ stopped: "paused", more: false, claimed: 0 });
        expect(report.turns).toBeLessThanOrEqual(3);
      }
      await queue.resume();
      expect(await drain(queue, () => {})).toMatchObject({ stopped: "empty", completed: 45 });
    });

    test("nothing is claimed beside a suspect, also where the response that brought it got lost", async () => {
      const options = { visibilityTimeout: LEASE_MS };
      for (const lost of [undefined, "response"] as const) {
        const { queue, send, claim, age } = openWorkbench(target(), options);
        await send("suspect");
        await claim(newToken(), 1);
        await age(LEASE_MS + 100);
        await send("next");
        const store = await target().faulty({ lost });
        const again = createQueue({ ...options, name: queue.name, store });
        const beside: [unknown, number | undefined][] = [];
        const report = await drain(
          again,
          async ({ payload }, { extend }) => {
            await extend(); // by a turn, which could claim
            beside.push([payload, (await queue.depth()).inFlight]);
          },
          { batch: 1 },
        );
        expect(beside).toEqual([
          ["suspect", 1],
          ["next", 1],
        ]);
        expect(report).toMatchObject({ completed: 2, replayed: lost ? 1 : 0 });
      }
    });

    test("two queues of one name in different groups each see every message", async () => {
      const { queue, send, store } = openWorkbench(target(), { shared: true });
      const other = createQueue({ name: queue.name, store, group: "other", shared: true });
      await drain(other, () => {});
      await send(1, 2, 3);
      expect(await drain(queue, () => {})).toMatchObject({ completed: 3, trimmed: 0 });
      const report = await drain(other, () => {});
      expect(report).toMatchObject({ completed: 3, otherGroups: ["xdrain"], trimmed: 3 });
      expect((await queue.depth()).entries).toBe(0);
    });
  });
}
