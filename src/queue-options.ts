import { type BackoffOptions, type ResolvedBackoff, resolveBackoff } from "./backoff.ts";
import { DAY_MS, type Duration, milliseconds, YEAR_MS } from "./duration.ts";
import {
  type Checks,
  checked,
  flag,
  integer,
  name,
  oneOf,
  onlyKnown,
  refuse,
  refuseKind,
} from "./expect.ts";
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
  /**
   * How payloads are written: JSON in one field (`"json"`), or an object of text, numbers and booleans as
   * plain fields (`"fields"`), which any Redis client reads. A field of a stream is text: handlers receive
   * text, unless a `schema` makes numbers of it. Queues read both. @default "json"
   */
  readonly codec?: Codec;
  /** The field that holds the idempotency key, for producers of other makes. @default "xd:k" */
  readonly idempotencyField?: string;
  /**
   * The field in which hand-written code counts its retries, as in `retry_count`: what it says is added to
   * a message's `failures`, so that `maxFailures` and the backoff count what was spent before. Only the field's
   * reader: nothing writes it. A redriven message starts without it. @default there is none
   */
  readonly retryCountField?: string;
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
  /**
   * Other consumer groups read the stream: entries go when all groups that exist have done them. What is sent before a
   * group's first pass may go without it, unless `groups` names it. @default false
   */
  readonly shared?: boolean;
  /**
   * All consumer groups that have to do every message, this queue's own among them. A send or a pass that makes the stream
   * makes them with it, at the first entry, and nothing is removed before each of them has done it. Costs nothing
   * from then on. @default those that exist
   */
  readonly groups?: readonly string[];
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

const MOST = Number.MAX_SAFE_INTEGER;

const CHECKS = {
  name: (given, option) => name(option, given),
  store(given, option) {
    if (typeof given?.turn === "function") return given;
    return refuseKind(option, "a store, such as upstash({ url, token })", given);
  },
  stream: (given, option) =>
    given === undefined ? given : checkBraces(option, name(option, given)),
  group: (given = "xdrain", option) => name(option, given),
  start: (given = "0", option) => resolveStart(option, given),
  codec: (given, option) => oneOf<Codec>(option, given, ["json", "fields"]),
  idempotencyField: (given = KEY_FIELD, option) =>
    given === KEY_FIELD ? given : fieldName(option, given),
  retryCountField: (given, option) => (given === undefined ? given : fieldName(option, given)),
  idempotencyWindow: (given = "24 h", option) =>
    milliseconds(option, given, { min: 1_000, max: YEAR_MS }),
  deduplicate: (given, option) => flag(option, given, false),
  visibilityTimeout: (given = "60 s", option) =>
    milliseconds(option, given, { min: 100, max: DAY_MS }),
  maxFailures: (given, option) => integer(option, given, { min: 1, max: 250, default: 5 }),
  maxDeliveries: (given, option) => integer(option, given, { min: 1, max: 250, default: 10 }),
  onCrash: (given, option) => oneOf<"retry" | "dead">(option, given, ["retry", "dead"]),
  backoff: resolveBackoff,
  shared: (given, option) => flag(option, given, false),
  groups: (given = [], option) =>
    Array.isArray(given)
      ? given.map((one) => lineOf(option, name(option, one)))
      : refuseKind(option, "a list of names", given),
  retention: resolveRetention,
  deadLetters: (given = {}, option) => checked(`\`${option}\``, given, DEAD_LETTERS, `${option}.`),
  maxBacklog: resolveBacklog,
  keepNewest: resolveKeepNewest,
  maxInFlight: (given, option) => limitOf(option, given, 1_000_000),
  maxPasses: (given, option) => limitOf(option, given, 1_000),
  rateLimit: resolveRate,
  statistics: (given, option) => flag(option, given, true),
  maxPayload: (given, option) =>
    integer(option, given, { min: 1, max: 8_000_000, default: 1_000_000 }),
  wake: resolveWake,
  keepResults: (given, option) => flag(option, given, false),
  schema(given, option) {
    if (given === undefined || typeof given?.["~standard"]?.validate === "function") return given;
    return refuseKind(option, "a Standard Schema, such as one of zod, valibot or arktype", given);
  },
} satisfies Checks<CheckedOptions>;

const DEAD_LETTERS = {
  stream: (given, option) => (given === undefined ? given : name(option, given)),
  retention: resolveRetention,
} satisfies Checks<NonNullable<QueueOptions["deadLetters"]>>;

type CheckedOptions = QueueOptions & { readonly schema?: StandardSchema | undefined };

/** Checks the options once; nothing after it asks whether one was given. */
export function resolveQueue(options: CheckedOptions): ResolvedQueue {
  const resolved = checked("createQueue", options, CHECKS);
  const { name, store, codec, maxFailures, backoff, maxPayload, schema, wake, ...rest } = resolved;
  const { stream = checkBraces("stream", name), deadLetters, ...named } = rest;
  const { visibilityTimeout: leaseMs, idempotencyField, idempotencyWindow, ...policy } = named;
  if (policy.deduplicate && policy.keepNewest !== undefined) {
    // A dropped message would keep its key.
    refuse("keepNewest", "given only without `deduplicate`", options.keepNewest);
  }
  if (options.groups !== undefined && !policy.groups.includes(policy.group)) {
    refuse("groups", `a list with the queue's own group, ${policy.group}`, options.groups);
  }
  if (deadLetters.stream === stream) {
    // Each dead letter would be a message again, for ever.
    refuse("deadLetters.stream", "another stream than the queue's own", stream);
  }
  return {
    name,
    store,
    storeQueue: {
      ...policy,
      shared: policy.shared || policy.groups.length > 1,
      stream,
      deadLetterStream: deadLetters.stream,
      deadLetterRetention: deadLetters.retention,
      leaseMs,
      gateMs: Math.min(Math.ceil(leaseMs / 4), 15_000),
      maxDeliveries: options.maxDeliveries ?? Math.max(policy.maxDeliveries, maxFailures),
      keyField: idempotencyField,
      windowMs: idempotencyWindow,
    },
    codec,
    maxFailures,
    backoff,
    maxPayload,
    schema,
    wake,
    warn: warningOf(options.maxBacklog),
  };
}

/** The name of a field of other programs. */
function fieldName(option: string, given: string): string {
  const checked = name(option, given);
  if (checked.startsWith("xd:")) refuse(option, "a name that does not begin with xd:", given);
  return checked;
}

function limitOf(option: string, given: number | undefined, max: number): number | undefined {
  return given === undefined ? undefined : integer(option, given, { min: 1, max, default: 1 });
}

export function resolveRetention(
  given: RetentionOptions | undefined,
  option: string,
): Retention | undefined {
  if (given === undefined) return undefined;
  onlyKnown(`\`${option}\``, given, ["age", "count"]);
  if ("age" in given === "count" in given) {
    refuse(option, "an object with either `age` or `count`", given);
  }
  if ("age" in given) {
    return { maxAgeMs: milliseconds(`${option}.age`, given.age, { min: 1, max: 10 * YEAR_MS }) };
  }
  return { maxCount: integer(`${option}.count`, given.count, { min: 0, max: MOST }) };
}

/** Scripts get these names as lines of one text. */
function lineOf(option: string, given: string): string {
  return given.includes("\n") ? refuse(option, "names without line breaks", given) : given;
}

/** Redis Cluster hashes what is in the first pair of braces; no other key could follow these names. */
function checkBraces(option: string, stream: string): string {
  const open = stream.indexOf("{");
  const close = open === -1 ? -1 : stream.indexOf("}", open + 1);
  if (close > open + 1 || !stream.includes("}")) return stream;
  const expected = "a name whose braces make one hash tag, as in orders or {shop}:orders";
  return refuse(option, expected, stream, "Rename it, or name another `stream`.");
}
