import type { Target } from "./target.ts";

/** What all sides of one comparison do: the same messages, the same handler. */
export interface Work {
  readonly messages: number;
  /** Most messages a turn takes, where a side has turns. */
  readonly batch: number;
  readonly payload: string;
  readonly handler: Handler;
  /** Handlers that run at the same time in one pass. */
  readonly concurrency: number;
  /** Each message has an idempotency key of its own. */
  readonly keyed: boolean;
  /** Passes that run at the same time, in one process. */
  readonly passes: number;
}

export type Handler = (payload: unknown) => Promise<void>;

/** A payload that is so many bytes of JSON. */
export const payloadOf = (bytes: number): string => "x".repeat(bytes - 2);

export const handlers = {
  noop: async () => {},
  io: () => new Promise<void>((done) => setTimeout(done, 5)),
  cpu: async () => {
    const until = performance.now() + 1;
    while (performance.now() < until);
  },
} satisfies Record<string, Handler>;

export const NOOP_WORK: Work = {
  messages: 10_000,
  batch: 100,
  payload: payloadOf(100),
  handler: handlers.noop,
  concurrency: 10,
  keyed: false,
  passes: 1,
};

/** A way to work off a backlog. */
export interface Side {
  readonly name: string;
  /** What it is and how it is tuned, for the page. */
  readonly about: string;
  /** It takes round trips for each message, so it gets few. */
  readonly slow?: boolean;
  /** Fills a queue of its own and connects; the clock does not run yet. */
  prepare(target: Target, work: Work): Promise<Prepared>;
}

export interface Prepared {
  /**
   * Brings a long-lived worker to its full speed; the clock starts right after it.
   * @returns how many messages that took, besides those of the work.
   */
  warmUp?(): Promise<number>;
  /** Works everything off. @returns how many requests it made, where it has requests. */
  run(): Promise<number>;
  /** Lets go of what it holds; its keys are deleted by the caller. */
  close(): Promise<void>;
}

/** Runs the handler for all, so many at a time; what each hand-written loop does in some form. */
export async function handleAll(
  payloads: readonly unknown[],
  { handler, concurrency }: Pick<Work, "handler" | "concurrency">,
): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < payloads.length) {
      next += 1;
      await handler(payloads[next - 1]);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
