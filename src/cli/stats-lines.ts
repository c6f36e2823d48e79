import type { Histogram, QueueStats } from "../statistics.ts";
import type { Colours } from "./colours.ts";
import { bytes, duration, fromNow, whole } from "./format.ts";

const WIDTH = 14;

/** A queue at a glance, as a person reads it. */
export function statsLines(queue: string, stats: QueueStats, colours: Colours): string[] {
  const { lastMinute, lastHour } = stats;
  const now = stats.at.getTime();
  const paused = stats.paused ? colours.yellow("  PAUSED") : "";
  const last = stats.lastPassAt === undefined ? "never" : fromNow(+stats.lastPassAt, now);
  return [
    `${colours.bold(queue)}${paused}`,
    line("ready", `${atMost(stats.readyIsExact)}${whole(stats.ready)}${oldest(stats)}`),
    line("in flight", whole(stats.inFlight)),
    line("parked", whole(stats.parked)),
    line("delayed", whole(stats.delayed)),
    line("dead", stats.dead > 0 ? colours.red(whole(stats.dead)) : "0"),
    line(
      "entries",
      `${whole(stats.entries)}${stats.bytes === undefined ? "" : `, ${bytes(stats.bytes)}`}`,
    ),
    line("consumers", whole(stats.consumers)),
    line("last pass", last),
    line("last minute", rate(lastMinute, colours)),
    line("last hour", rate(lastHour, colours)),
    line("done in", doneIn(stats)),
    line("handler", spread(stats.handlerTime)),
    line("waiting", spread(stats.waitingTime)),
  ];
}

function line(name: string, value: string): string {
  return `  ${name.padEnd(WIDTH)}${value}`;
}

function atMost(exact: boolean): string {
  return exact ? "" : "at most ";
}

function oldest({ oldestReadyAgeMs, oldestReadyAgeIsExact }: QueueStats): string {
  if (oldestReadyAgeMs === undefined) return "";
  return `, the oldest waits ${atMost(oldestReadyAgeIsExact)}${duration(oldestReadyAgeMs)}`;
}

function rate(
  { completed, failed, perSecond, failureRate }: QueueStats["lastMinute"],
  colours: Colours,
) {
  const failures =
    failed === 0
      ? ""
      : colours.red(`, ${whole(Math.round(failed))} failed (${percent(failureRate)})`);
  return `${whole(Math.round(completed))} completed, ${perSecond.toFixed(1)}/s${failures}`;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(part < 0.1 ? 1 : 0)}%`;
}

function doneIn({ drainsInMs }: QueueStats): string {
  if (drainsInMs === undefined) return "unknown: nothing was completed";
  return drainsInMs === 0 ? "nothing is ready or in flight" : `about ${duration(drainsInMs)}`;
}

/** Half, and nearly all, took at most so long; as near as the buckets tell. */
function spread(histogram: Histogram): string {
  const count = histogram.counts.reduce((sum, some) => sum + some, 0);
  if (count === 0) return "-";
  const mean = duration(histogram.sumMs / count);
  return `half ${below(histogram, count * 0.5)}, 95% ${below(histogram, count * 0.95)}, mean ${mean}`;
}

function below({ bounds, counts }: Histogram, rank: number): string {
  let sum = 0;
  for (const [i, bound] of bounds.entries()) {
    sum += counts[i] ?? 0;
    if (sum >= rank) return `≤ ${duration(bound * 1_000)}`;
  }
  return `> ${duration((bounds.at(-1) ?? 0) * 1_000)}`;
}
