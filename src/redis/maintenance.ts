import type { Orphans, Repaired, RepairRequest, StoreQueue, Trimmed } from "../store.ts";
import { floorKeys, groupKeys } from "./keys.ts";
import { asNumber, asText } from "./reply.ts";
import { retentionArgs } from "./retention.ts";
import { callOf, defineScript, type ScriptCall } from "./script.ts";
import { declaredBy } from "./send.ts";

/** Removes completed entries below every group's unprocessed work. */
export const trimScript = defineScript("trim", {
  keys: ["stream", "parked_key", "due_key", "state_key"],
  freesMemory: true,
  fragments: ["ids", "parked-set", "undecided", "floor", "trim"],
});

export function trimCall(queue: StoreQueue, found: readonly string[]): ScriptCall {
  const retain = retentionArgs(queue.retention);
  const groups = [...new Set([...found, ...queue.groups])];
  return callOf(
    trimScript,
    queue,
    {
      group: queue.group,
      shared: queue.shared ? 1 : 0,
      retain: retain.kind,
      retain_value: retain.value,
    },
    { keys: floorKeys(queue.stream, groups), list: groups },
  );
}

export function readTrimReply(reply: readonly unknown[], requests: number): Trimmed {
  return {
    removed: asNumber(reply[2]),
    more: asNumber(reply[3]) === 1,
    orphansIn: reply[0] === "orphans" ? asText(reply[4]) : undefined,
    bill: { requests, commands: asNumber(reply[1]) },
  };
}

/** Brings back what the loss of a key hid, and looks for orphans. */
export const repairScript = defineScript("repair", {
  keys: ["stream", "parked_key", "due_key", "state_key", "delayed_key", "bodies_key"],
  fragments: ["ids", "position", "parked-set", "undecided", "repair"],
});

export function repairCall(queue: StoreQueue, request: RepairRequest): ScriptCall {
  const { cursor, from, to, decide = "", seen, orphans } = request;
  return callOf(repairScript, queue, {
    group: queue.group,
    shared: queue.shared ? 1 : 0,
    retain: retentionArgs(queue.retention).kind,
    cursor: cursor ?? "",
    from: from ?? "-",
    to: to ?? "+",
    decide,
    seen,
    count: orphans?.count ?? 0,
    first_before: orphans?.firstId ?? "",
  });
}

export function readRepairReply(reply: readonly unknown[]): Repaired {
  return {
    restored: asNumber(reply[2]),
    cursor: asText(reply[3]) || undefined,
    orphans: orphansOf(reply[4], reply[5]),
  };
}

export function orphansOf(count: unknown, firstId: unknown): Orphans | undefined {
  return asNumber(count) > 0 ? { count: asNumber(count), firstId: asText(firstId) } : undefined;
}

/** Moves dead letters back to the stream. */
export const redriveScript = defineScript("redrive", {
  keys: ["stream", "dead_key", "sent_key", "keys_key", "ids_key"],
  fragments: ["add", "fields", "narrow", "redrive"],
});

export function redriveCall(
  queue: StoreQueue,
  ids: readonly string[],
  requestId: string,
  rememberMs: number,
): ScriptCall {
  return callOf(
    redriveScript,
    queue,
    {
      remember: rememberMs,
      dedupe: queue.deduplicate ? 1 : 0,
      key_field: queue.keyField,
      retry_count_field: queue.retryCountField ?? "",
      declared: declaredBy(queue),
    },
    { sent: requestId, list: ids },
  );
}

/** Takes a delayed message back before it is due. */
export const cancelScript = defineScript("cancel", {
  keys: ["delayed_key", "bodies_key", "sent_key", "keys_key", "ids_key"],
  freesMemory: true,
  fragments: ["fields", "cancel"],
});

export function cancelCall(
  queue: StoreQueue,
  id: string,
  requestId: string,
  rememberMs: number,
): ScriptCall {
  return callOf(
    cancelScript,
    queue,
    {
      id,
      remember: rememberMs,
      dedupe: queue.deduplicate ? 1 : 0,
      key_field: queue.keyField,
    },
    { sent: requestId },
  );
}

/** Ends a consumer group, with all that is kept for it but its dead letters. */
export const retireScript = defineScript("retire", {
  keys: ["stream", "sent_key"],
  freesMemory: true,
  fragments: ["retire"],
});

export function retireCall(queue: StoreQueue, requestId: string, rememberMs: number): ScriptCall {
  const { parked, due, state, keys, ids, crashes, results, ...rest } = groupKeys(queue);
  const { starts, passes, stats, journal } = rest;
  return callOf(
    retireScript,
    queue,
    { group: queue.group, remember: rememberMs },
    {
      sent: requestId,
      keys: [parked, due, state, keys, ids, crashes, results, starts, passes, stats, journal],
    },
  );
}

/** Lets the group read again what is behind a position. */
export const replayFromScript = defineScript("replay-from", {
  keys: ["stream", "parked_key", "due_key", "state_key", "sent_key"],
  freesMemory: true,
  fragments: ["ids", "position", "parked-set", "replay-from"],
});

export function replayFromCall(
  queue: StoreQueue,
  position: string,
  requestId: string,
  rememberMs: number,
): ScriptCall {
  return callOf(
    replayFromScript,
    queue,
    { group: queue.group, after_id: position, remember: rememberMs },
    { sent: requestId },
  );
}

/** Lets passes claim nothing, or claim again. */
export const pauseScript = defineScript("pause", {
  keys: ["parked_key", "stats_key", "sent_key"],
  freesMemory: true,
  fragments: ["pause"],
});

export function pauseCall(
  queue: StoreQueue,
  paused: boolean,
  requestId: string,
  rememberMs: number,
): ScriptCall {
  const args = { paused: paused ? 1 : 0, remember: rememberMs };
  return callOf(pauseScript, queue, args, { sent: requestId });
}

/** Forgets that the work of entries' keys is done, a slice of the stream behind a position. */
export const forgetDoneScript = defineScript("forget-done", {
  keys: ["stream", "keys_key", "ids_key"],
  freesMemory: true,
  fragments: ["fields", "forget-done"],
});

export function forgetDoneCall(queue: StoreQueue, position: string): ScriptCall {
  return callOf(forgetDoneScript, queue, { after_id: position, key_field: queue.keyField });
}
