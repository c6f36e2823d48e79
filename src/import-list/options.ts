import { resolveDrain } from "../drain-options.ts";
import type { Duration } from "../duration.ts";
import { integer, name, oneOf, onlyKnown, refuse } from "../expect.ts";
import type { ResolvedQueue } from "../queue-options.ts";

/**
 * How an item becomes a payload: `"auto"` reads JSON and takes anything else as a string, `"json"` sets
 * aside what is not JSON, `"text"` takes every item as a string; or a function, whose errors set the
 * item aside.
 */
export type Decode<Input> = "auto" | "json" | "text" | ((item: string) => Input | Promise<Input>);

/** What to import, and the bounds of one call. */
export interface ImportOptions<Input> {
  /** Lists of items that dead workers had in hand; they come first, in this order. @default none */
  readonly backups?: readonly string[];
  /** Where a list has its oldest item: right with LPUSH, left with RPUSH. @default "right" */
  readonly oldest?: "right" | "left";
  readonly decode?: Decode<Input>;
  /** The idempotency key of an item, from its payload. @default none */
  readonly idempotencyKey?: (payload: Input) => string | undefined;
  /** Most items to move. @default no limit */
  readonly maxMessages?: number;
  /** How long the call may take. @default 25 s */
  readonly maxDuration?: Duration;
  /** When it must be over; with `maxDuration`, the earlier of the two counts. */
  readonly deadline?: Date;
  /** Most requests to the store. @default no limit */
  readonly maxRequests?: number;
  /** Most items that one request moves. @default 100 */
  readonly batch?: number;
  /** Stops once so many items were set aside, in case that all would be. @default 100 */
  readonly maxRefused?: number;
  /** Ends the call early; what is moved is moved. */
  readonly signal?: AbortSignal;
}

export interface ResolvedImport {
  /** In their order. */
  readonly lists: readonly string[];
  readonly oldest: "right" | "left";
  readonly decode: Decode<unknown>;
  readonly idempotencyKey: ((payload: unknown) => string | undefined) | undefined;
  /** By the store's clock. */
  readonly startedAt: number;
  readonly deadline: number;
  readonly maxMessages: number;
  readonly maxRequests: number;
  readonly batch: number;
  readonly maxRefused: number;
  readonly signal: AbortSignal | undefined;
}

/** What a pass has too, checked as a pass does. */
const BOUNDS = [
  "maxMessages",
  "maxDuration",
  "deadline",
  "maxRequests",
  "batch",
  "signal",
] as const;
const OWN = ["backups", "oldest", "decode", "idempotencyKey", "maxRefused"];

/** Checks the options once. @throws OptionError */
export function resolveImport<Input>(
  queue: ResolvedQueue,
  list: string,
  options: ImportOptions<Input>,
): ResolvedImport {
  onlyKnown("importList", options, [...OWN, ...BOUNDS]);
  const { decode = "auto", idempotencyKey } = options;
  if (idempotencyKey !== undefined && typeof idempotencyKey !== "function") {
    refuse("idempotencyKey", "a function of the payload", idempotencyKey);
  }
  if (typeof decode === "string") oneOf("decode", decode, ["auto", "json", "text"]);
  else if (typeof decode !== "function") refuse("decode", "a word or a function", decode);
  const given = BOUNDS.map((bound) => [bound, options[bound]]);
  // As many handlers as there can be: their number bounds the batch of some queues.
  const bounds = resolveDrain([queue], { ...Object.fromEntries(given), concurrency: 1_000 });
  return {
    lists: resolveLists(queue, list, options.backups ?? []),
    oldest: oneOf("oldest", options.oldest, ["right", "left"]),
    decode: decode as Decode<unknown>,
    idempotencyKey: idempotencyKey as ResolvedImport["idempotencyKey"],
    startedAt: bounds.startedAt,
    deadline: bounds.deadline,
    maxMessages: bounds.maxMessages,
    maxRequests: bounds.maxRequests,
    batch: bounds.batch,
    maxRefused: integer("maxRefused", options.maxRefused, { min: 1, max: 10_000, default: 100 }),
    signal: bounds.signal,
  };
}

function resolveLists(queue: ResolvedQueue, list: string, backups: readonly string[]): string[] {
  if (!Array.isArray(backups)) refuse("backups", "an array of lists", backups);
  const lists = [...backups.map((backup) => name("backups", backup)), name("list", list)];
  const twice = lists.find((one, i) => lists.indexOf(one) !== i);
  if (twice !== undefined) refuse("backups", "lists that are not named twice", twice);
  if (lists.includes(queue.storeQueue.stream)) {
    const advice = "Give the queue another `stream`, and the list stays what it is.";
    refuse("list", "another key than the queue's stream", queue.storeQueue.stream, advice);
  }
  return lists;
}
