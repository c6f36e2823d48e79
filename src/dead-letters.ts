import { entryId } from "./entry-id.ts";
import { integer, onlyKnown, refuse } from "./expect.ts";
import { decodeFields, fieldOf } from "./fields.ts";
import { FRAME } from "./outcome.ts";
import type { ResolvedQueue } from "./queue-options.ts";
import {
  type DeadLetterEntry,
  type LetterReason,
  messageIdOf,
  readDeadLetter,
} from "./read-dead-letter.ts";

/** A message that will not be tried again, and why. */
export interface DeadLetter<Payload> {
  /** Its id among the dead letters. */
  readonly id: string;
  /** The id that it had as a message; undefined if another producer wrote it without one. */
  readonly originalId: string | undefined;
  /** As it was sent, before any schema; undefined where it cannot be read. */
  readonly payload: Payload | undefined;
  /**
   * `failed`: the handler failed too often; `rejected`: it threw Reject; `invalid`: the payload could
   * not be read or did not fit the schema; `crashed`: passes died with it in hand. What another producer
   * wrote as its `reason` is here as it is, empty if there is none.
   */
  readonly reason: LetterReason;
  /** The last error's text; empty for `crashed`. */
  readonly error: string;
  /** Where the handler threw it, for one that failed too often; undefined where nothing is known. */
  readonly stack: string | undefined;
  /** When it died; if another producer did not say so, when it was added. */
  readonly failedAt: Date;
  /** Undefined if another producer wrote it. */
  readonly deliveries: number | undefined;
  /** Undefined if another producer wrote it without a count that the queue knows. */
  readonly failures: number | undefined;
  readonly idempotencyKey: string | undefined;
}

/**
 * The entries of the stream of dead letters, whoever wrote them. Hand-written code that adds
 * `{ ...message, failed_at, reason }` writes letters as well: `failed_at` in seconds or milliseconds, every
 * other field as the payload.
 */
export interface DeadLetters<Payload> {
  /** The oldest first, those after `after`. @default count 100 */
  list(page?: {
    readonly after?: string;
    readonly count?: number;
  }): Promise<readonly DeadLetter<Payload>[]>;
  /** Sends them again, as new messages; resolves to the new ids, undefined where there was none. */
  redrive(ids: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Removes them for good; resolves to how many there were. */
  remove(ids: readonly string[]): Promise<number>;
}

/** Most ids that one call takes: a redrive is one script. */
const MOST = 500;

export function createDeadLetters<Payload>(queue: ResolvedQueue): DeadLetters<Payload> {
  const { store, storeQueue } = queue;
  return {
    async list(page = {}) {
      onlyKnown("deadLetters.list", page, ["after", "count"]);
      const count = integer("count", page.count, { min: 1, max: 1_000, default: 100 });
      const after = page.after === undefined ? undefined : entryId("after", page.after);
      const entries = await store.readDeadLetters(storeQueue, { after, count }, {});
      const { keyField, retryCountField } = storeQueue;
      return entries.map((entry) =>
        describeDeadLetter<Payload>(readDeadLetter(entry, retryCountField), keyField),
      );
    },

    async redrive(ids) {
      return checkIds(ids).length === 0 ? [] : store.redrive(storeQueue, ids, {});
    },

    async remove(ids) {
      return checkIds(ids).length === 0 ? 0 : store.removeDeadLetters(storeQueue, ids, {});
    },
  };
}

function checkIds(ids: readonly string[]): readonly string[] {
  if (!Array.isArray(ids) || ids.length > MOST) refuse("ids", `an array of at most ${MOST}`, ids);
  for (const id of ids) entryId("ids", id);
  return ids;
}

function describeDeadLetter<Payload>(entry: DeadLetterEntry, keyField: string) {
  const { fields, failedAt, error, ...rest } = entry;
  const stackAt = error.search(FRAME);
  return {
    ...rest,
    error: stackAt === -1 ? error : error.slice(0, stackAt),
    stack: stackAt === -1 ? undefined : error.slice(stackAt + 1),
    originalId: messageIdOf(entry),
    failedAt: new Date(failedAt),
    idempotencyKey: fieldOf(fields, keyField),
    payload: readable(fields) as Payload | undefined,
  };
}

function readable(fields: readonly string[]): unknown {
  try {
    return decodeFields(fields);
  } catch {
    return undefined;
  }
}
