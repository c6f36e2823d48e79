import { onTestFinished } from "vitest";
import { drain, type Queue, type QueueOptions, Reject } from "../../../src/index.ts";
import { connectRaw, uniqueName } from "../../support/redis.ts";
import { tcpQueue } from "../../support/stores.ts";

export interface Fixture {
  readonly name: string;
  readonly queue: Queue<{ n: number }>;
  /** The ids of what was sent, by their `n`. */
  readonly ids: readonly string[];
}

/** Sends so many messages: `{ n: 0 }`, `{ n: 1 }`, and so on. */
export async function sentQueue(
  count: number,
  options: Partial<QueueOptions> = {},
): Promise<Fixture> {
  const name = uniqueName();
  const queue = tcpQueue<{ n: number }>({ name, ...options });
  const messages = Array.from({ length: count }, (_, n) => ({ payload: { n } }));
  const sent = await queue.sendBatch(messages);
  return { name, queue, ids: sent.map(({ id }) => id) };
}

/**
 * A queue with a message of each kind: 0 parked for an hour, 1 dead, 2 in the hand of a pass, 3 ready;
 * `d` is delayed.
 */
export async function mixedQueue(): Promise<Fixture & { readonly d: string }> {
  const fixture = await sentQueue(3, { backoff: { initial: "1 h", max: "1 h", jitter: "none" } });
  const { queue, name } = fixture;
  await drain(
    queue,
    ({ payload }) => {
      throw payload.n === 1 ? new Reject("bad") : new Error("later");
    },
    { maxMessages: 2, concurrency: 1 },
  );
  await takeByHand(name, "xd:somebody", 1);
  const { id: ready } = await queue.send({ n: 3 });
  const { id: d } = await queue.send({ n: 4 }, { delay: "2 h" });
  return { ...fixture, ids: [...fixture.ids, ready], d };
}

/** Hands messages to a consumer, as a pass would that is alive. */
export async function takeByHand(name: string, consumer: string, count: number): Promise<void> {
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  await redis.call("XREADGROUP", "GROUP", "xdrain", consumer, "COUNT", count, "STREAMS", name, ">");
}
