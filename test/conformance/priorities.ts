import { describe, expect, test } from "vitest";
import {
  createQueue,
  type DrainReport,
  drain,
  type Message,
  type Queue,
  type QueueOptions,
  StoreError,
} from "../../src/index.ts";
import type { PartReply, Store, TurnReply, TurnRequest } from "../../src/store.ts";
import { EMPTY } from "../support/depth.ts";
import { uniqueName } from "../support/redis.ts";
import type { Target } from "./target.ts";
import { inHand, newToken, openWorkbench, turnRequest, type Workbench } from "./workbench.ts";

const LEASE_MS = 60_000;

/** Several queues in one step: who claims how much, and what they do not do to each other. */
export function priorities(target: () => Target): void {
  /** Three queues in one slot, and steps over them in the order given. */
  function openThree(options: Partial<QueueOptions> = {}) {
    const tag = uniqueName();
    const benches = ["high", "normal", "low"].map((level) => {
      const stream = `{${tag}}:${level}`;
      return openWorkbench(target(), {
        stream,
        deadLetters: { stream: `${stream}:dead` },
        ...options,
      });
    });
    const [high, normal, low] = benches as [Workbench, Workbench, Workbench];
    /** One step; `each` changes the request of the queue at its place. */
    const step = (
      token: string,
      count: number,
      each: readonly Partial<TurnRequest>[] = [],
      store = target().store,
    ): Promise<readonly PartReply[]> => {
      const parts = [high, normal, low].map(({ port }, place) => ({
        queue: port,
        request: turnRequest(token, { claim: count, ...each[place] }),
      }));
      return store.turns(parts, {});
    };
    return { high, normal, low, step };
  }

  const counts = (replies: readonly PartReply[]) =>
    replies.map(({ reply }) => reply?.messages.length);
  const replyOf = (reply: PartReply | undefined) => reply?.reply as TurnReply;

  describe("a step over several queues", () => {
    test("gives each queue what those before it have left", async () => {
      const { high, normal, low, step } = openThree();
      await high.send("h1", "h2", "h3");
      await normal.send("n1", "n2", "n3");
      await low.send("l1");
      const first = await step(newToken(), 5);
      expect(counts(first)).toEqual([3, 2, 0]);
      expect(first.map(({ claim }) => claim)).toEqual([5, 2, 0]);
      expect(counts(await step(newToken(), 5))).toEqual([0, 1, 1]);
    });

    test("settles what is done of every queue, though nothing is left to claim", async () => {
      const { high, normal, low, step } = openThree();
      const token = newToken();
      const done = await Promise.all(
        [high, normal, low].map(async ({ send, claim }) => {
          await send(1);
          return { complete: inHand((await claim(token)).messages) };
        }),
      );
      await high.send(2);
      expect(counts(await step(token, 1, done))).toEqual([1, 0, 0]);
      expect(await normal.queue.depth()).toMatchObject({ entries: 0, inFlight: 0 });
      expect(await low.queue.depth()).toMatchObject({ entries: 0, inFlight: 0 });
    });

    test("passes over a queue that only asks, where nothing is left", async () => {
      const { high, normal, step } = openThree();
      await high.send(1, 2);
      await normal.send(1);
      const surveyed = await step(newToken(), 0);
      const only = surveyed.map(({ reply }) => ({ found: reply?.found, suspects: "no" }) as const);
      const replies = await step(newToken(), 2, only);
      expect(counts(replies)).toEqual([2, undefined, undefined]);
      expect(replies.every(({ error }) => error === undefined)).toBe(true);
    });

    test("shares the bytes of a turn", async () => {
      const { high, normal, step } = openThree();
      const text = "x".repeat(1_000);
      await high.send(text, text);
      await normal.send(text, text, text);
      const bytes = { maxBytes: 3_500 };
      expect(counts(await step(newToken(), 10, [bytes, bytes, bytes]))).toEqual([2, 1, 0]);
    });

    test("hands out again what a lost response handed out of each queue, and nothing beside it", async () => {
      const { high, normal, step } = openThree();
      await high.send(1, 2);
      await normal.send(1, 2, 3);
      const token = newToken();
      const replies = await step(token, 3, [], await target().faulty({ lost: "response" }));
      expect(replyOf(replies[0])).toMatchObject({ kind: "replayed" });
      expect(replyOf(replies[1])).toMatchObject({ kind: "replayed" });
      expect(counts(replies)).toEqual([2, 1, 0]);
      expect((await normal.queue.depth()).inFlight).toBe(1);
    });

    test("hands out again what a lost response handed out before what came meanwhile", async () => {
      const { high, normal, step } = openThree();
      await normal.send(1, 2);
      const meanwhile = () => high.send(1, 2, 3);
      const lossy = await target().faulty({ lost: "response", meanwhile });
      const replies = await step(newToken(), 3, [], lossy);
      expect(counts(replies)).toEqual([0, 2, 0]);
      expect(replyOf(replies[1])).toMatchObject({ kind: "replayed" });
      expect((await high.queue.depth()).inFlight).toBe(0);
    });

    test("ends the pass in every queue", async () => {
      const { high, low, step } = openThree();
      await high.send(1);
      await low.send(1);
      const token = newToken();
      const taken = await step(token, 5);
      const release = taken.map(({ reply }) => ({
        final: true,
        release: inHand(reply?.messages ?? []).map((held) => ({ ...held, delayMs: 0 })),
      }));
      await step(token, 0, release);
      for (const { queue } of [high, low]) {
        expect(await queue.depth()).toMatchObject({ inFlight: 0, parked: 1 });
      }
      expect(await high.outside.consumers()).not.toContain(token);
      expect(await low.outside.consumers()).not.toContain(token);
    });
  });

  describe("suspects of one of several queues", () => {
    test("come with nothing else in hand, and are told of until then", async () => {
      const { high, normal, low, step } = openThree({ visibilityTimeout: LEASE_MS });
      await normal.send("suspect");
      await normal.claim(newToken());
      await normal.age(LEASE_MS + 100);
      await high.send(1);
      await low.send(1);
      const busy = await step(newToken(), 10);
      expect(counts(busy)).toEqual([1, 0, 1]);
      expect(busy.map(({ reply }) => reply?.suspectsLeft)).toEqual([false, true, false]);
      await low.send(2);
      const alone = await step(newToken(), 10);
      expect(counts(alone)).toEqual([0, 1, 0]);
      expect(replyOf(alone[1])).toMatchObject({ kind: "suspects" });
    });

    test("are not told of while their queue is paused: they would hold up the others", async () => {
      const { high, normal, low, step } = openThree({ visibilityTimeout: LEASE_MS });
      await normal.send("suspect");
      await normal.claim(newToken());
      await normal.age(LEASE_MS + 100);
      await normal.queue.pause();
      for (const bench of [high, low]) await bench.send(1);
      const busy = await step(newToken(), 10);
      expect(counts(busy)).toEqual([1, 0, 1]);
      expect(busy.map(({ reply }) => reply?.suspectsLeft)).toEqual([false, false, false]);
      expect(replyOf(busy[1])).toMatchObject({ heldBack: "paused" });
      await normal.queue.resume();
      expect(counts(await step(newToken(), 10))).toEqual([0, 1, 0]);
    });
  });

  describe("passes over several queues that die anywhere", () => {
    /** A store whose step number `at` and all behind it fail: not carried out, or not answered. */
    function dying(store: Store, at: number, lost: "request" | "response"): Store {
      let made = 0;
      return {
        ...store,
        async turns(...asked) {
          made += 1;
          if (made === at && lost === "response") await store.turns(...asked);
          if (made >= at) throw new StoreError("store_unavailable", "gone", { uncertain: true });
          return store.turns(...asked);
        },
      };
    }

    for (const lost of ["request", "response"] as const) {
      test(`lose nothing and finish all, where the ${lost} of any step is lost`, async () => {
        const tag = uniqueName();
        const queuesOn = (store: Store) =>
          ["high", "normal"].map((level) =>
            createQueue<string>({
              name: `{${tag}}:${level}`,
              store,
              visibilityTimeout: LEASE_MS,
              backoff: { initial: 0 },
            }),
          );
        const queues = queuesOn(target().store);
        for (const queue of queues) {
          const numbers = Array.from({ length: 25 }, (_, n) => n);
          await queue.sendBatch(numbers.map((n) => ({ payload: `${queue.name} ${n}` })));
        }
        const runs = new Map<string, number>();
        const handler = ({ payload, failures }: Message<string>) => {
          runs.set(payload, (runs.get(payload) ?? 0) + 1);
          if (payload.endsWith("3") && failures === 0) throw new Error("no");
        };
        const leasesEnd = async () => {
          for (const { resolved } of queues)
            await target().age(resolved.storeQueue, LEASE_MS + 100);
        };
        for (const at of [1, 2, 3, 4]) {
          const store = dying(target().store, at, lost);
          await drain(queuesOn(store), handler, { batch: 10 }).catch((error: unknown) => error);
          await leasesEnd();
        }
        let report: DrainReport;
        do {
          report = await drain(queues, handler, { batch: 10 });
          await leasesEnd();
        } while (report.claimed > 0 || report.nextDueAt !== undefined);
        expect(runs.size).toBe(50);
        expect(Math.max(...runs.values())).toBeLessThanOrEqual(6);
        for (const queue of queues) {
          expect(await queue.depth()).toEqual(EMPTY);
        }
      });
    }
  });

  describe("a pass over several queues", () => {
    function openQueues(): readonly [Queue<string>, Queue<string>, Queue<string>] {
      const tag = uniqueName();
      const open = (level: string): Queue<string> =>
        createQueue<string>({ name: `{${tag}}:${level}`, store: target().store });
      return [open("high"), open("normal"), open("low")];
    }

    test("completes all of them, and tells of each", async () => {
      const [high, normal, low] = openQueues();
      for (const queue of [high, normal, low]) {
        await queue.sendBatch(Array.from({ length: 30 }, (_, n) => ({ payload: `${n}` })));
      }
      const seen = new Map<string, number>();
      const report = await drain([high, normal, low], (message) => {
        seen.set(message.queue, (seen.get(message.queue) ?? 0) + 1);
      });
      expect(report).toMatchObject({
        queue: `${high.name},${normal.name},${low.name}`,
        stopped: "empty",
        completed: 90,
      });
      expect(report.queues?.map(({ queue, completed }) => [queue, completed])).toEqual([
        [high.name, 30],
        [normal.name, 30],
        [low.name, 30],
      ]);
      expect([...seen.values()]).toEqual([30, 30, 30]);
      for (const queue of [high, normal, low]) {
        expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0, parked: 0 });
      }
    });

    test("tries again and gives up in the queue that the message is of", async () => {
      const [high, normal] = openQueues();
      await high.send("x");
      await normal.send("y");
      const report = await drain([high, normal], ({ queue, failures }) => {
        if (queue === normal.name && failures === 0) throw new Error("no");
      });
      expect(report.queues?.map(({ completed, retried }) => [completed, retried])).toEqual([
        [1, 0],
        [0, 1],
      ]);
      expect(report.nextDueAt).toBeInstanceOf(Date);
      expect(await normal.depth()).toMatchObject({ parked: 1 });
    });

    test("goes on with the others where one is paused", async () => {
      const [high, normal] = openQueues();
      await high.send("x");
      await normal.send("y");
      await high.pause();
      expect(await drain([high, normal], () => {})).toMatchObject({
        completed: 1,
        stopped: "empty",
      });
      expect(await high.depth()).toMatchObject({ entries: 1 });
      await normal.pause();
      expect(await drain([high, normal], () => {})).toMatchObject({
        completed: 0,
        stopped: "paused",
      });
    });

    test("gives back to each what it did not start", async () => {
      const [high, normal] = openQueues();
      await high.send("x");
      await normal.sendBatch([{ payload: "y" }, { payload: "z" }]);
      const controller = new AbortController();
      const report = await drain([high, normal], () => controller.abort(), {
        concurrency: 1,
        signal: controller.signal,
      });
      expect(report).toMatchObject({ stopped: "aborted", completed: 1, released: 2 });
      expect(await normal.depth()).toMatchObject({ inFlight: 0, parked: 2 });
    });
  });
}
