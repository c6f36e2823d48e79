import { describeStats } from "../describe-stats.ts";
import type { QueueStats } from "../statistics.ts";
import type { StoreQueue } from "../store.ts";
import { depth } from "./depth.ts";
import { idAfter } from "./entry-id.ts";
import { type Memory, tablesOf, timeOf } from "./memory.ts";

/** The same look as over Redis, but for the memory of the stream, which nobody counts here. */
export function readStats(memory: Memory, queue: StoreQueue): QueueStats {
  const { paused, stats } = tablesOf(memory, queue.stream, queue.group);
  const { parked, delayed, dead } = depth(memory, queue);
  const stream = memory.streams.get(queue.stream);
  const group = stream?.groups.get(queue.group);
  const entries = stream?.list() ?? [];
  return describeStats({
    now: timeOf(memory),
    stream: stream && {
      length: stream.length,
      added: stream.added,
      firstId: entries.at(0)?.id,
      lastId: entries.at(-1)?.id,
    },
    group: group && {
      pending: group.pending.size,
      consumers: group.consumers.size,
      lastDelivered: group.lastDelivered,
      entriesRead: group.entriesRead,
      lag: stream?.list(idAfter(group.lastDelivered)).length,
    },
    start: queue.start,
    parked,
    delayed,
    dead,
    bytes: undefined,
    counters: new Map([...stats, ["paused", paused ? "1" : "0"]]),
  });
}
