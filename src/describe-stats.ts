// The arithmetic from what a store has read to the statistics of its queue.

import { comesAfter, estimateAge } from "./oldest-ready.ts";
import {
  type Counters,
  HANDLER_SECONDS,
  type Histogram,
  type QueueStats,
  type StatsReading,
  type StreamReading,
  TOTALS,
  type Totals,
  WAITING_SECONDS,
} from "./statistics.ts";
import { sumMinutes, type Throughput } from "./throughput.ts";

const NO_STREAM: StreamReading = {
  length: 0,
  added: undefined,
  firstId: undefined,
  lastId: undefined,
};

/** Works out the statistics from what was read. */
export function describeStats(reading: StatsReading): QueueStats {
  const { now, stream, group, counters } = reading;
  const position = group?.lastDelivered ?? startOf(reading);
  const ready = countReady(reading, position);
  const age = estimateAge({ now, position, ready, stream, emptyAt: numberOf(counters, "empty") });
  const lastMinute = sumMinutes(counters, now, 1);
  const lastHour = sumMinutes(counters, now, 60);
  const inFlight = group?.pending ?? 0;
  const lastPass = numberOf(counters, "last");
  return {
    at: new Date(now),
    ready: ready.count,
    readyIsExact: ready.exact,
    inFlight,
    parked: reading.parked,
    delayed: reading.delayed,
    dead: reading.dead,
    entries: stream?.length ?? 0,
    added: stream?.added,
    oldestReadyAgeMs: age?.ms,
    oldestReadyAgeIsExact: age?.exact ?? true,
    consumers: group?.consumers ?? 0,
    lastMinute,
    lastHour,
    drainsInMs: timeToDrain(ready.count + inFlight, lastMinute, lastHour),
    bytes: stream === undefined ? 0 : reading.bytes,
    lastPassAt: lastPass === 0 ? undefined : new Date(lastPass),
    paused: counters.get("paused") === "1",
    totals: Object.fromEntries(
      TOTALS.map((name) => [name, numberOf(counters, name)]),
    ) as unknown as Totals,
    handlerTime: histogram(counters, "h", HANDLER_SECONDS),
    waitingTime: histogram(counters, "w", WAITING_SECONDS),
  };
}

/** A group that worked once and is gone is made anew at 0. */
function startOf({ start, stream, counters }: StatsReading): string {
  if (start === "0" || counters.has("last")) return "0-0";
  return start === "$" ? (stream?.lastId ?? "0-0") : start;
}

/** How many entries the group has not read, and whether that is so to the entry. */
function countReady(
  { stream, group }: StatsReading,
  position: string,
): { readonly count: number; readonly exact: boolean } {
  const { length, added, firstId, lastId } = stream ?? NO_STREAM;
  if (lastId === undefined || !comesAfter(lastId, position)) return { count: 0, exact: true };
  if (firstId !== undefined && comesAfter(firstId, position)) return { count: length, exact: true };
  if (group?.lag !== undefined) return { count: Math.min(group.lag, length), exact: true };
  const unread =
    added === undefined || group?.entriesRead === undefined ? length : added - group.entriesRead;
  return { count: Math.max(1, Math.min(unread, length)), exact: false };
}

/** Undefined where nothing was completed for an hour. */
function timeToDrain(waiting: number, minute: Throughput, hour: Throughput): number | undefined {
  if (waiting === 0) return 0;
  const perSecond = minute.perSecond > 0 ? minute.perSecond : hour.perSecond;
  return perSecond > 0 ? Math.ceil((waiting / perSecond) * 1_000) : undefined;
}

function histogram(counters: Counters, prefix: string, bounds: readonly number[]): Histogram {
  const counts = Array.from({ length: bounds.length + 1 }, (_, i) =>
    numberOf(counters, `${prefix}${i}`),
  );
  return { bounds, counts, sumMs: numberOf(counters, `${prefix}s`) };
}

/** A counter that somebody else has spoilt counts as none. */
function numberOf(counters: Counters, name: string): number {
  const number = Number(counters.get(name) ?? "0");
  return Number.isFinite(number) ? number : 0;
}
