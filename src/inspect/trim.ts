import { flag, onlyKnown } from "../expect.ts";
import { type RetentionOptions, resolveRetention } from "../queue-options.ts";
import { floorKeys } from "../redis/keys.ts";
import { inspectLua } from "../redis/lua.generated.ts";
import { asNumber, asText, asTexts } from "../redis/reply.ts";
import { retentionArgs } from "../redis/retention.ts";
import { callOf, defineScript, type ScriptCall } from "../redis/script.ts";
import type { Retention, StoreQueue } from "../store.ts";
import { type Inspected, scriptRunner } from "./reader.ts";

export interface TrimOptions {
  /**
   * Completed entries that stay: those younger than an age, or the newest entries up to a count.
   * @default the queue's `retention`; without one, no completed entry stays
   */
  readonly keep?: RetentionOptions;
  /** Remove whole nodes of the stream only, which is cheaper and may leave about 100 entries. @default false */
  readonly approximate?: boolean;
}

const REASONS = ["unread", "inFlight", "parked", "keep", "orphans", "groups"] as const;

/** Why entries stay. */
export interface TrimHold {
  /**
   * `unread`, `inFlight`, `parked`: a group has not read the first of them, is working on it, or will try it
   * again; `keep`: they are to be kept; `orphans`: they may be messages that the loss of a Redis key hides;
   * `groups`: new consumer groups kept appearing.
   */
  readonly reason: (typeof REASONS)[number];
  /** The group that holds them; undefined for `keep` and `groups`. */
  readonly group: string | undefined;
  /** The id from which on entries stay; undefined where none is known. */
  readonly id: string | undefined;
}

export interface TrimReport {
  /** Entries that were removed; fewer than that if the response to a request got lost. */
  readonly removed: number;
  /** Entries that are left in the stream. */
  readonly left: number;
  /** Why they are left; undefined if none is. */
  readonly heldBy: TrimHold | undefined;
}

/** Removes a slice of what is completed, or shows the groups that the caller does not know. */
export const trimNowScript = defineScript("trim-now", {
  keys: ["stream", "parked_key", "due_key", "state_key"],
  freesMemory: true,
  fragments: ["ids", "parked-set", "undecided", "floor"],
  apart: [inspectLua["trim-now"]],
});

/** Requests that may find a group that the one before it did not know of. */
const MOST_SURPRISES = 10;

/**
 * Removes completed entries now, exactly or approximately, and never one that any consumer group of the
 * stream still has to do. Takes about one request for 10,000 entries, and one more if other groups
 * read the stream. Passes trim by themselves at their end; this is for a trim at your own time.
 *
 * @returns how many were removed, how many are left, and why.
 * @throws OptionError for an option that cannot be used, and a queue whose store is not over Redis, before any I/O.
 * @throws StoreError when the store does not answer; what was removed until then stays removed.
 */
export async function trim(queue: Inspected, options: TrimOptions = {}): Promise<TrimReport> {
  onlyKnown("trim", options, ["keep", "approximate"]);
  const { storeQueue } = queue.resolved;
  const keep = resolveRetention(options.keep, "keep") ?? storeQueue.retention;
  const approximate = flag("approximate", options.approximate, false);
  const runScript = scriptRunner(queue);
  let groups: readonly string[] = [...new Set([storeQueue.group, ...storeQueue.groups])];
  let removed = 0;
  let left = 0;
  let first: number | undefined;
  for (let surprises = 0; surprises < MOST_SURPRISES; ) {
    const { reply } = await runScript(() => callFor(storeQueue, groups, keep, approximate), {});
    if (reply[0] === "undeclared") {
      groups = [...new Set([...groups, ...asTexts(reply[2])])];
      surprises += 1;
      continue;
    }
    removed += asNumber(reply[2]);
    left = asNumber(reply[4]);
    first ??= removed + left; // what is completed later is for another trim
    const more = asNumber(reply[3]) === 1;
    if (!more || removed >= first) return { removed, left, heldBy: holdOf(reply) };
  }
  return { removed, left, heldBy: { reason: "groups", group: undefined, id: undefined } };
}

function callFor(
  queue: StoreQueue,
  groups: readonly string[],
  keep: Retention | undefined,
  approximate: boolean,
): ScriptCall {
  const kept = retentionArgs(keep);
  return callOf(
    trimNowScript,
    queue,
    {
      group: queue.group,
      shared: queue.shared ? 1 : 0,
      retain: retentionArgs(queue.retention).kind,
      approximate: approximate ? 1 : 0,
      keep: kept.kind,
      keep_value: kept.value,
    },
    { keys: floorKeys(queue.stream, groups), list: groups },
  );
}

function holdOf([, , , , , reason, group, id]: readonly unknown[]): TrimHold | undefined {
  const known = REASONS.find((one) => one === asText(reason));
  return known && { reason: known, group: asText(group) || undefined, id: asText(id) || undefined };
}
