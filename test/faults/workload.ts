import {
  createQueue,
  drain,
  type Handler,
  type Queue,
  Reject,
  type Store,
} from "../../src/index.ts";

// One small piece of work with every outcome in it: twelve messages in batches of four, every other
// one with an idempotency key, one that fails once, one that is rejected.

export interface Work {
  readonly n: number;
}

export const MESSAGES = 12;
export const FAILS_ONCE = 3;
export const REJECTED = 5;

export function workQueue(store: Store, name: string): Queue<Work> {
  return createQueue<Work>({
    name,
    store,
    backoff: { initial: 0 },
  });
}

export async function sendWork(queue: Queue<Work>): Promise<void> {
  await queue.sendBatch(
    Array.from({ length: MESSAGES }, (_, n) =>
      n % 2 === 0 ? { payload: { n }, idempotencyKey: `key ${n}` } : { payload: { n } },
    ),
  );
}

/** The handler; `ran` is told of each run before it can fail. */
export function workHandler(ran: (n: number) => void): Handler<Work> {
  return (message) => {
    const { n } = message.payload;
    ran(n);
    if (n === FAILS_ONCE && message.failures === 0) throw new Error("fails once");
    if (n === REJECTED) throw new Reject("never works");
  };
}

export function drainWork(queue: Queue<Work>, handler: Handler<Work>) {
  return drain(queue, handler, { batch: 4, concurrency: 2 });
}
