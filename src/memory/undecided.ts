import type { StoreQueue } from "../store.ts";
import type { GroupTables } from "./memory.ts";
import { isMarkerLost } from "./parked-set.ts";
import type { Stream } from "./stream.ts";
import { SUSPECTS } from "./turn-begin.ts";

/**
 * Whether entries that the group has read, and that are neither pending nor parked, may be messages that the loss of keys
 * hides. A group that somebody else has made has not our permanent consumer yet.
 */
export function isUndecided(queue: StoreQueue, stream: Stream, tables: GroupTables): boolean {
  const { state } = tables;
  if (state.marked === true) return isMarkerLost(tables);
  const keeps = queue.shared || queue.retention !== undefined || state.shared || state.kept;
  const consumers = [...(stream.groups.get(queue.group)?.consumers.keys() ?? [])];
  const ours = consumers.includes(SUSPECTS) && consumers.every((name) => name.startsWith("xd:"));
  return stream.groups.size === 1 && !keeps && ours;
}
