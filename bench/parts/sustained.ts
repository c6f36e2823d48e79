import { lineChart } from "../chart/lines.ts";
import { figure, ratio } from "../page/section.ts";
import { median } from "../statistics.ts";
import { type SustainedRun, sustain } from "../sustained/run.ts";
import { definePart } from "./part.ts";

const MB = 1_000_000;
const FLAT = 1.1;

/** A load that lasts. */
export const sustained = definePart<SustainedRun>({
  name: "sustained",
  title: "A load that lasts",
  always: false,
  measure: ({ minutes }) => sustain(minutes),
  goals: (run) => [
    {
      what: `${figure(run.sent)} messages in ${figure(run.seconds / 60)} minutes: lost`,
      target: "0",
      measured: String(run.missing),
      met: run.missing === 0,
    },
    flat("Memory of Redis, last third : middle third", run.redisMemory),
    flat("Heap of the functions, last third : middle third", run.heap),
  ],
  section: (run) => ({
    text: [
      "Four senders, 1,000 messages a second in all; three passes at any time, of five seconds each, over " +
        "REST with 5 ms of added latency; one handler in twenty fails and its message is retried with the " +
        "default backoff. In the first two minutes Redis also fills with the ids that each send remembers for " +
        "that long, so growth is told between the second third and the last.",
    ],
    tables: [
      {
        columns: ["", ""],
        rows: [
          ["sent", figure(run.sent)],
          ["lost", figure(run.missing)],
          ["worked on twice", figure(run.repeated)],
          ["failed and retried", figure(run.retried)],
          ["passes", figure(run.passes)],
          ["waiting time, median", `${run.waitMedianMs} ms`],
          ["waiting time, 99th percentile", `${run.wait99Ms} ms`],
          ["memory of Redis, last third : middle third", `${ratio(growth(run.redisMemory))} ×`],
          ["heap of the functions, last third : middle third", `${ratio(growth(run.heap))} ×`],
        ],
      },
    ],
    charts: [
      {
        file: "sustained.svg",
        alt: "Memory of Redis and of the functions under a sustained load",
        svg: lineChart({
          title: "Memory under a load that lasts",
          unit: "MB",
          axis: "minutes",
          labels: run.heap.map((_, i) => figure((i / (run.heap.length - 1)) * (run.seconds / 60))),
          scale: "linear",
          series: [
            { name: "Redis", values: run.redisMemory.map((bytes) => bytes / MB) },
            { name: "heap of the functions", values: run.heap.map((bytes) => bytes / MB) },
          ],
        }),
      },
    ],
  }),
  figures: (run) => ({
    lost: run.missing,
    "worked on twice": run.repeated,
    "waiting time, median ms": run.waitMedianMs,
    "waiting time, 99th percentile ms": run.wait99Ms,
    "growth of Redis": growth(run.redisMemory),
    "growth of the functions": growth(run.heap),
  }),
});

function growth(samples: readonly number[]): number {
  const third = Math.floor(samples.length / 3);
  return median(samples.slice(-third)) / median(samples.slice(third, -third));
}

function flat(what: string, samples: readonly number[]) {
  const value = growth(samples);
  return { what, target: `≤ ${FLAT} ×`, measured: `${ratio(value)} ×`, met: value <= FLAT };
}
