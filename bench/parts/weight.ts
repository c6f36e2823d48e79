import { barChart } from "../chart/bars.ts";
import { type StartCosts, startCosts } from "../costs/start.ts";
import { type Weights, weigh } from "../costs/weights.ts";
import { atMost, figure, type Goal, ratio } from "../page/section.ts";
import { definePart } from "./part.ts";

interface Data {
  readonly weights: Weights;
  readonly start: StartCosts;
}

const KB = 1_024;
const MB = 1_000_000;

/** What a function uploads and what its start takes. */
export const weight = definePart<Data>({
  name: "weight",
  title: "Weight and start",
  async measure({ rounds }) {
    return { weights: await weigh(), start: await startCosts(Math.max(7, rounds)) };
  },
  goals: ({ weights, start }) => [
    atMost("Core and REST store, without `@upstash/redis`", 12, weights.coreAndRest / KB, "KB"),
    atMost("The whole Worker", 40, weights.worker / KB, "KB"),
    atMost("The whole Lambda function", 60, weights.lambda / KB, "KB"),
    atMostHalf("Import time of the Lambda entry : of BullMQ's worker", start, "importMs"),
    atMostHalf("Its heap, idle", start, "idleHeap"),
    atMostHalf("Its heap, busy", start, "busyHeap"),
  ],
  section: ({ weights, start }) => ({
    text: [
      "Bundles are minified and gzipped. Import times and heaps are those of fresh processes that import " +
        "one file, bundled as infra/aws bundles the deployed function; the heap is what is alive after a " +
        "collection, above that of an empty process: right after the import, and at its highest while 3,000 " +
        "messages are worked on (the function over REST in batches of 100, BullMQ over TCP with 100 at a time).",
    ],
    tables: [
      {
        columns: ["", "KB"],
        rows: [
          ["core and REST store, without `@upstash/redis`", figure(weights.coreAndRest / KB)],
          ["the whole Worker", figure(weights.worker / KB)],
          ["the whole Lambda function", figure(weights.lambda / KB)],
          ["BullMQ's worker alone", figure(weights.bullmq / KB)],
        ],
      },
      {
        columns: ["", "Lambda function", "BullMQ", "ratio"],
        rows: [
          startRow("import, ms", start, "importMs", 1),
          startRow("heap, idle, MB", start, "idleHeap", MB),
          startRow("heap, busy, MB", start, "busyHeap", MB),
        ],
      },
    ],
    charts: [
      {
        file: "weight.svg",
        alt: "Weight of the bundles",
        svg: barChart({
          title: "Weight",
          unit: "KB, minified and gzipped",
          bars: [
            { name: "core and REST store", value: weights.coreAndRest / KB, own: true },
            { name: "whole Worker", value: weights.worker / KB, own: true },
            { name: "whole Lambda function", value: weights.lambda / KB, own: true },
            { name: "BullMQ's worker alone", value: weights.bullmq / KB, own: false },
          ],
        }),
      },
    ],
  }),
  figures: ({ weights, start }) => ({
    "core and REST bytes": weights.coreAndRest,
    "Worker bytes": weights.worker,
    "Lambda bytes": weights.lambda,
    "import : BullMQ": ratioOf(start, "importMs"),
    "idle heap : BullMQ": ratioOf(start, "idleHeap"),
    "busy heap : BullMQ": ratioOf(start, "busyHeap"),
  }),
});

type Name = keyof StartCosts["lambda"];

const ratioOf = ({ lambda, bullmq }: StartCosts, name: Name) => lambda[name] / bullmq[name];

function atMostHalf(what: string, start: StartCosts, name: Name): Goal {
  const value = ratioOf(start, name);
  return { what, target: "≤ 0.5 ×", measured: `${ratio(value)} ×`, met: value <= 0.5 };
}

function startRow(what: string, start: StartCosts, name: Name, unit: number): string[] {
  const { lambda, bullmq } = start;
  return [
    what,
    figure(lambda[name] / unit),
    figure(bullmq[name] / unit),
    `${ratio(ratioOf(start, name))} ×`,
  ];
}
