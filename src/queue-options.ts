import { type BackoffOptions, type ResolvedBackoff, resolveBackoff } from "./backoff.ts";
import { DAY_MS, type Duration, milliseconds, YEAR_MS } from "./duration.ts";
import { flag, integer, name, oneOf, onlyKnown, refuse, refuseKind } from "./expect.ts";
import { type Codec, KEY_FIELD } from "./fields.ts";
import {
  type BacklogOptions,
  type KeepNewestOptions,
  type RateOptions,
  resolveBacklog,
  resolveKeepNewest,
  resolveRate,
  warningOf,
} from "./queue-limits.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { resolveStart, type Start } from "./start.ts";
import type { Backlog, Retention, Store, StoreQueue } from "./store.ts";
import { type ResolvedWake, resolveWake, type WakeOptions } from "./wake.ts";

/** How long entries are kept: by age, or the newest so many. */
export type RetentionOptions = { readonly age: Duration } | { readonly count: number };

export interface QueueOptions {
  /** Its name, and the stream's where `stream` names no other. */
  readonly name: string;
  readonly store: Store;
  /** The stream's key. @default the name */
  readonly stream?: string;
  /** The consumer group. @default "xdrain" */
  readonly group?: string;
  /**
   * Where a group that never existed starts: at the first entry (`"0"`), behind the last (`"$"`), behind
   * an entry's id, or at a time. @default "0"
   */
  readonly start?: Start;
  /** How payloads are written: JSON in one field, or an object of strings as plain fields. @default "json" */
  readonly codec?: Codec;
  /** The field that holds the idempotency key, for producers of other makes. @default "xd:k" */
  readonly idempotencyField?: string;
  /** How long completed work of a key is not repeated. @default 24 h */
  readonly idempotencyWindow?: Duration;
  /**
   * Store a message only if no other one has its key: one that waits, is worked on, or was done inside
   * the window. Producers and functions have to agree. @default false
   */
  readonly deduplicate?: boolean;
  /** The lease: how long a message stays with a pass that gives no sign of life. @default 60 s */
  readonly visibilityTimeout?: Duration;
  /** Failures of the handler until the message is a dead letter. @default 5 */
  readonly maxFailures?: number;
  /** Deliveries until a message whose pass died is a dead letter. @default 10 */
  readonly maxDeliveries?: number;
  /** What becomes of messages in the hand of a pass that died. @default "retry" */
  readonly onCrash?: "retry" | "dead";
  readonly backoff?: BackoffOptions;
  /** Other consumer groups read the stream: entries go when all have them. @default false */
  readonly shared?: boolean;
  /** Keep completed entries for a time or a number. @default they are removed at once */
  readonly retention?: RetentionOptions;
  /** Name of the dead-letter stream, and how long it keeps; without retention it is never trimmed. */
  readonly deadLetters?: { readonly stream?: string; readonly retention?: RetentionOptions };
  /** Sends fail with a QueueFull where more would wait than this. @default any number may wait */
  readonly maxBacklog?: BacklogOptions;
  /**
   * For feeds of which nobody misses the rest: only the newest so many entries stay, and older ones are
   * DROPPED, whether they were worked on or not. `exact` drops to the entry. @default none is dropped
   */
  readonly keepNewest?: KeepNewestOptions;
  /** Most messages that all passes together work on at once. @default no limit */
  readonly maxInFlight?: number;
  /**
   * Most passes that work at the same time; one more than these ends at once, `limited`. Each has a lease
   * as long as a message's, so that a pass that dies is in nobody's way for long. @default no limit
   */
  readonly maxPasses?: number;
  /** Most messages that all passes together begin in any such length of time. @default no limit */
  readonly rateLimit?: RateOptions;
  /**
   * Passes write down what they did, for `stats()`, metrics and charts: four Redis commands for a pass
   * that did something, one for an idle pass. @default true
   */
  readonly statistics?: boolean;
  /** Largest payload that is sent, in bytes of UTF-8. @default 1 MB */
  readonly maxPayload?: number;
  /** How to ask for a pass at once: for sends that say so, and for passes that leave a backlog. */
  readonly wake?: WakeOptions;
  /** Keep what the handler returns, for the idempotency window. @default false */
  readonly keepResults?: boolean;
}

export interface ResolvedQueue {
  readonly name: string;
  readonly store: Store;
  readonly storeQueue: StoreQueue;
  readonly codec: Codec;
  readonly maxFailures: number;
  readonly backoff: ResolvedBackoff;
  readonly maxPayload: number;
  readonly schema: StandardSchema | undefined;
  readonly wake: ResolvedWake | undefined;
  /** Tells of a backlog that comes near its limit. */
  readonly warn: (backlog: Partial<Backlog>) => void;
}

const KNOWN = [
  "name",
  "store",
  "stream",
  "group",
  "start",
  "codec",
  "idempotencyField",
  "idempotencyWindow",
  "deduplicate",
  "visibilityTimeout",
  "maxFailures",
  "maxDeliveries",
  "onCrash",
  "backoff",
  "shared",
  "retention",
  "deadLetters",
  "maxBacklog",
  "keepNewest",
  "maxInFlight",
  "maxPasses",
  "rateLimit",
  "statistics",
  "maxPayload",
  "keepResults",
  "wake",
  "schema",
];

/** Checks the options once; nothing after it asks whether one was given. */
export function resolveQueue(
  options: QueueOptions & { readonly schema?: StandardSchema | undefined },
): ResolvedQueue {
  onlyKnown("createQueue", options, KNOWN);
  if (typeof options.store?.turn !== "function") {
    refuseKind("store", "a store, such as upstash({ url, token })", options.store);
  }
  const schema = options.schema;
  if (schema !== undefined && typeof schema?.["~standard"]?.validate !== "function") {
    refuseKind("schema", "a Standard Schema, such as one of zod, valibot or arktype", schema);
  }
  return {
    name: name("name", options.name),
    store: options.store,
    storeQueue: resolveStoreQueue(options),
    codec: oneOf("codec", options.codec, ["json", "fields"]),
    maxFailures: integer("maxFailures", options.maxFailures, { min: 1, max: 250, default: 5 }),
    backoff: resolveBackoff(options.backoff),
    maxPayload: integer("maxPayload", options.maxPayload, {
      min: 1,
      max: 8_000_000,
      default: 1_000_000,
    }),
    schema,
    wake: resolveWake(options.wake),
    warn: warningOf(options.maxBacklog),
  };
}

function resolveStoreQueue(options: QueueOptions): StoreQueue {
  if (options.deduplicate === true && options.keepNewest !== undefined) {
    // A dropped message would keep its key.
    refuse("keepNewest", "given only without `deduplicate`", options.keepNewest);
  }
  const deadLetters = options.deadLetters ?? {};
  onlyKnown("`deadLetters`", deadLetters, ["stream", "retention"]);
  const stream = name("stream", options.stream ?? options.name);
  checkBraces(stream);
  const leaseMs = milliseconds("visibilityTimeout", options.visibilityTimeout ?? "60 s", {
    min: 100,
    max: DAY_MS,
  });
  return {
    stream,
    group: name("group", options.group ?? "xdrain"),
    deadLetterStream:
      deadLetters.stream === undefined ? undefined : name("deadLetters.stream", deadLetters.stream),
    deadLetterRetention: resolveRetention("deadLetters.retention", deadLetters.retention),
    start: resolveStart("start", options.start ?? "0"),
    leaseMs,
    gateMs: Math.min(Math.ceil(leaseMs / 4), 15_000),
    maxDeliveries: integer("maxDeliveries", options.maxDeliveries, {
      min: 1,
      max: 250,
      default: Math.max(10, options.maxFailures ?? 0),
    }),
    onCrash: oneOf("onCrash", options.onCrash, ["retry", "dead"]),
    shared: flag("shared", options.shared, false),
    retention: resolveRetention("retention", options.retention),
    keyField: name("idempotencyField", options.idempotencyField ?? KEY_FIELD),
    windowMs: milliseconds("idempotencyWindow", options.idempotencyWindow ?? "24 h", {
      min: 1_000,
      max: YEAR_MS,
    }),
    deduplicate: flag("deduplicate", options.deduplicate, false),
    keepResults: flag("keepResults", options.keepResults, false),
    maxBacklog: resolveBacklog(options.maxBacklog),
    keepNewest: resolveKeepNewest(options.keepNewest),
    maxInFlight: limitOf("maxInFlight", options.maxInFlight, 1_000_000),
    maxPasses: limitOf("maxPasses", options.maxPasses, 1_000),
    rateLimit: resolveRate(options.rateLimit),
    statistics: flag("statistics", options.statistics, true),
  };
}

function limitOf(option: string, given: number | undefined, max: number): number | undefined {
  return given === undefined ? undefined : integer(option, given, { min: 1, max, default: 1 });
}

function resolveRetention(option: string, given?: RetentionOptions): Retention | undefined {
  if (given === undefined) return undefined;
  onlyKnown(`\`${option}\``, given, ["age", "count"]);
  if ("age" in given === "count" in given) {
    refuse(option, "an object with either `age` or `count`", given);
  }
  if ("age" in given) {
    return { maxAgeMs: milliseconds(`${option}.age`, given.age, { min: 1, max: 10 * YEAR_MS }) };
  }
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER, default: 0 };
  return { maxCount: integer(`${option}.count`, given.count, range) };
}

/** Redis Cluster hashes what is in the first pair of braces; no other key could follow these names. */
function checkBraces(stream: string): void {
  const open = stream.indexOf("{");
  const close = open === -1 ? -1 : stream.indexOf("}", open + 1);
  if (close > open + 1 || !stream.includes("}")) return;
  const expected = "a name whose braces make one hash tag, as in orders or {shop}:orders";
  refuse("stream", expected, stream, "Rename it, or name another `stream`.");
}
