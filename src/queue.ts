import { createDeadLetters, type DeadLetters } from "./dead-letters.ts";
import { DAY_MS, type Duration, milliseconds } from "./duration.ts";
import { name, onlyKnown } from "./expect.ts";
import type { AsText } from "./fields.ts";
import { type QueueOptions, type ResolvedQueue, resolveQueue } from "./queue-options.ts";
import { type RepairOptions, type RepairReport, repairQueue } from "./repair.ts";
import { type ReplayOptions, replayQueue } from "./replay.ts";
import { type BatchMessage, type SendOptions, type Sent, sendMessages } from "./send.ts";
import type { SchemaInput, SchemaOutput, StandardSchema } from "./standard-schema.ts";
import type { QueueStats } from "./statistics.ts";
import type { Depth } from "./store.ts";

export interface StatsOptions {
  /** How long it may take, repeated requests included. @default as long as the store tries: 30 s and some pauses */
  readonly timeout?: Duration;
}

/** A queue: what is sent (`Input`), and what its handlers receive (`Payload`). */
export interface Queue<Input, Payload = Input> {
  readonly name: string;
  /**
   * Stores a message; once the promise resolves it is not lost any more.
   * @throws PayloadError for a payload that cannot be stored; nothing was sent.
   * @throws SendError when the store did not take it; `uncertain` tells whether it may have.
   */
  send(payload: Input, options?: SendOptions): Promise<Sent>;
  /** Stores many messages in their order, hundreds a request. Throws as `send` does. */
  sendBatch(messages: readonly BatchMessage<Input>[]): Promise<readonly Sent[]>;
  /**
   * Takes a delayed message back before it is due.
   * @returns whether it still waited; false for one that is due, was cancelled, or had no delay.
   */
  cancel(id: string): Promise<boolean>;
  /**
   * Lets the group read again what is still in the stream behind an entry or from a time on: where completed
   * entries are kept (`retention`, `shared`). Passes that work on some of it lose that.
   */
  replay(options: ReplayOptions): Promise<void>;
  /**
   * Ends the queue's consumer group: what it has not done is not done any more, and entries are not kept
   * for it. For a group that nobody drains again and that holds up the trim of a shared stream. Dead
   * letters and delayed messages stay. A pass over the queue makes the group anew.
   * @returns whether there was one.
   */
  retire(): Promise<boolean>;
  /** From its next turn on every pass claims nothing; what it works on it ends. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** The messages that will not be tried again, and the way back. */
  readonly deadLetters: DeadLetters<Input>;
  /**
   * What the handler returned for a message id or idempotency key, where results are kept. Of a duplicate
   * that did not run, the key tells.
   */
  result(idOrKey: string): Promise<unknown>;
  /** How much is where; on a replica it may be behind. */
  depth(): Promise<Depth>;
  /**
   * The queue at a glance: what waits, how long, how fast it goes, and the counters of all passes. At
   * most 8 commands that only read, in one round trip, whatever the size; a read-only token suffices.
   * @throws StoreError when the store does not answer.
   */
  stats(options?: StatsOptions): Promise<QueueStats>;
  /**
   * Brings back messages that the loss of a Redis key (an eviction, a mistaken DEL) made invisible, with their
   * retry times and counts, by the record that each of them has in a second key. Entries that the group has read
   * and that nothing proves to be done or to wait are counted, and left as they are unless `orphans` decides.
   * One request for 200 entries, where there are such.
   * @returns how many were brought back, and the orphans.
   * @throws OptionError for options that cannot be used, before any I/O; StoreError when the store fails.
   */
  repair(options?: RepairOptions): Promise<RepairReport>;
  /** The checked options, for `drain`. */
  readonly resolved: ResolvedQueue;
  /** Never there: it carries the type of what handlers receive. */
  readonly "~payload"?: Payload;
}

/** What a drain takes: a queue of any types. */
export type AnyQueue = Pick<Queue<unknown>, "name" | "resolved" | "~payload">;

/** What the handlers of a queue receive. */
export type PayloadOf<Drained> = Drained extends { readonly "~payload"?: infer Payload }
  ? Payload
  : never;

/**
 * Describes a queue. No I/O: cheap enough to call in every invocation.
 *
 * @example
 * const orders = createQueue<Order>({ name: "orders", store });
 * @throws OptionError for an option that cannot be used.
 */
export function createQueue<Schema extends StandardSchema>(
  options: QueueOptions & { readonly schema: Schema },
): Queue<SchemaInput<Schema>, SchemaOutput<Schema>>;
export function createQueue<Payload>(
  options: QueueOptions & { readonly codec: "fields"; readonly schema?: never },
): Queue<Payload, AsText<Payload>>;
export function createQueue<Payload = unknown>(
  options: QueueOptions & { readonly schema?: StandardSchema<unknown, Payload> },
): Queue<Payload>;
export function createQueue(
  options: QueueOptions & { readonly schema?: StandardSchema },
): Queue<unknown> {
  const resolved = resolveQueue(options);
  const { store, storeQueue } = resolved;

  return {
    name: resolved.name,
    resolved,
    deadLetters: createDeadLetters(resolved),

    async send(payload, sendOptions = {}) {
      const [sent] = await sendMessages(resolved, [{ ...sendOptions, payload }]);
      return sent as Sent;
    },

    sendBatch: (messages) => sendMessages(resolved, messages),

    cancel: async (id) => store.cancel(storeQueue, name("id", id), {}),

    replay: (options) => replayQueue(resolved, options),
    retire: () => store.retire(storeQueue, {}),
    pause: () => store.setPaused(storeQueue, true, {}),
    resume: () => store.setPaused(storeQueue, false, {}),

    async result(idOrKey) {
      const record = await store.result(storeQueue, name("idOrKey", idOrKey), {});
      return record === undefined || record.result === "" ? undefined : JSON.parse(record.result);
    },

    depth: () => store.depth(storeQueue, {}),
    async stats(options = {}) {
      onlyKnown("stats", options, ["timeout"]);
      const { timeout } = options;
      if (timeout === undefined) return store.stats(storeQueue, {});
      const ms = milliseconds("timeout", timeout, { min: 1, max: DAY_MS });
      return store.stats(storeQueue, { deadline: store.now() + ms });
    },

    repair: (options = {}) => repairQueue(resolved, options, {}),
  };
}
