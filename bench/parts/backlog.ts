import { lineChart } from "../chart/lines.ts";
import { type BacklogRun, drainBacklog } from "../costs/backlog.ts";
import { startEnvironment } from "../environment.ts";
import { figure, ratio } from "../page/section.ts";
import { median } from "../statistics.ts";
import { definePart } from "./part.ts";

const CONSTANT = 1.2;

/** A backlog so large that anything that grows with it would show. */
export const backlog = definePart<BacklogRun>({
  name: "backlog",
  title: "A large backlog",
  always: false,
  async measure({ messages }) {
    const env = await startEnvironment();
    try {
      return await drainBacklog(env.redisUrl, messages);
    } finally {
      await env.close();
    }
  },
  goals: (run) => [
    {
      what: `Script time a message, first tenth : last tenth of ${figure(run.messages)}`,
      target: `≤ ${CONSTANT} ×`,
      measured: `${ratio(firstToLast(run))} ×`,
      met: firstToLast(run) <= CONSTANT,
    },
  ],
  section: (run) => ({
    text: [
      `${figure(run.messages)} messages of 20 bytes, worked off by one pass over TCP with default options.`,
    ],
    tables: [
      {
        columns: ["", ""],
        rows: [
          ["messages per second", figure(run.messages / run.seconds)],
          ["Redis commands for 100 messages", figure((run.commands / run.messages) * 100)],
          ["script time a message, the first tenth", `${figure(part(run, 0, 2))} µs`],
          [
            "script time a message, all",
            `${figure(median(run.segments.map((s) => s.scriptMicros)))} µs`,
          ],
          ["script time a message, the last tenth", `${figure(part(run, -2))} µs`],
        ],
      },
    ],
    charts: [
      {
        file: "backlog.svg",
        alt: "Script time a message while a large backlog is worked off",
        svg: lineChart({
          title: "Cost of a message while a large backlog is worked off",
          unit: "µs of the server in scripts, a message",
          axis: "share of the backlog worked off, %",
          labels: run.segments.map((_, i) => figure(((i + 1) / run.segments.length) * 100)),
          scale: "linear",
          series: [{ name: "script time", values: run.segments.map((s) => s.scriptMicros) }],
        }),
      },
    ],
  }),
  figures: (run) => ({
    "messages per second": run.messages / run.seconds,
    "script µs": median(run.segments.map((s) => s.scriptMicros)),
    "first tenth : last tenth": firstToLast(run),
  }),
});

function part({ segments }: BacklogRun, from: number, to?: number): number {
  return median(segments.slice(from, to).map(({ scriptMicros }) => scriptMicros));
}

/** The full stream over the nearly empty one. */
const firstToLast = (run: BacklogRun) => part(run, 0, 2) / part(run, -2);
