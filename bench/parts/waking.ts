import { barChart } from "../chart/bars.ts";
import { figure } from "../page/section.ts";
import { type BacklogRun, byContinuation, byTicks } from "../waking/backlog.ts";
import { LATENCY_MS } from "../waking/setting.ts";
import { BUSY, kickedWays, QUEUES, RARE, tickedWays, type Way } from "../waking/ways.ts";
import { definePart } from "./part.ts";

const BACKLOG = { messages: 10_000, perPass: 1_000 };
const CHAINS = 3;

interface Data {
  readonly ways: readonly Way[];
  readonly backlog: { readonly ticks: BacklogRun; readonly continuation: BacklogRun };
}

/** How soon a handler gets what is sent, and what waiting for it costs. */
export const waking = definePart<Data>({
  name: "waking",
  title: "From a send to its handler",
  async measure() {
    const kicked = await kickedWays();
    const ticks = await byTicks(BACKLOG);
    const continuation = await medianChain();
    const ticked = await tickedWays();
    return { ways: [...ticked, ...kicked], backlog: { ticks, continuation } };
  },
  section: ({ ways, backlog }) => ({
    text: [
      "How long a message waits, from before its send to its handler, and what an hour costs in which " +
        "nothing is sent.",
      `Minutes are real ones. For each way with a cron ${QUEUES} queues stand side by side, each ticks each minute, and each ` +
        "gets one message, at moments that are evenly spread between two ticks. Passes that linger may do so for 25 s, the " +
        "default, or for 59 s; their pauses grow to the default of 5 s, or to a second. Kicks are signed and go over HTTP " +
        `to an \`httpApp\`, with the default debounce of a second: ${RARE.queues} queues with one message each, and ` +
        `${BUSY.queues} with five messages a second. Redis is behind REST, and ${LATENCY_MS} ms are added to each round trip to it and to the app. Ticks ` +
        "come in time and the function runs already: what a platform adds, a late tick or a cold start, is not in here.",
      "An idle hour is one idle pass, to its end, as often as the cron ticks in an hour. The server counts its commands " +
        "(`INFO commandstats`), those inside of scripts too.",
    ],
    tables: [
      {
        columns: [
          "",
          "median",
          "99th percentile",
          "worst",
          "idle hour: requests",
          "Redis commands",
          "function runs",
        ],
        rows: ways.map(({ name, waits, idle }) => [
          name,
          duration(waits.p50),
          duration(waits.p99),
          duration(waits.worst),
          figure(idle.requests),
          figure(idle.commands),
          duration(idle.seconds * 1_000),
        ]),
      },
      {
        caption:
          "An hour with messages, their sends included; the last column is what they add to the idle hour.",
        columns: ["", "messages", "requests", "Redis commands", "commands a message"],
        rows: ways.map(({ name, idle, load }) => [
          name,
          figure(load.messages),
          figure(load.requests),
          figure(load.commands),
          figure((load.commands - idle.commands) / load.messages),
        ]),
      },
      {
        caption:
          `A backlog of ${figure(BACKLOG.messages)}, handlers that wait for 5 ms, ten at a time, passes of at most ` +
          `${figure(BACKLOG.perPass)} messages: from the first tick until each is handled. With the cron alone the passes ` +
          "are real and the minutes between them are added, not waited for. With `continuation` one tick begins, and the " +
          `passes ask for each other over HTTP (the median of ${CHAINS} such chains); the last finds nothing.`,
        columns: [
          "",
          "median",
          "99th percentile",
          "all",
          "passes",
          "requests",
          "Redis commands",
          "idle hour: Redis commands",
        ],
        rows: [
          backlogRow("cron each minute", backlog.ticks),
          backlogRow("with `continuation`", backlog.continuation),
        ],
      },
    ],
    charts: [
      {
        file: "waking.svg",
        alt: "From a send to its handler, 99th percentile",
        svg: barChart({
          title: "From a send to its handler, 99th percentile",
          unit: "seconds",
          scale: "log",
          bars: ways.map(({ name, waits }) => ({ name, value: waits.p99 / 1_000, own: true })),
        }),
      },
    ],
  }),
  figures: ({ ways, backlog }) => ({
    ...Object.fromEntries(
      ways.flatMap(({ name, waits, idle }) => [
        [`${name}, median ms`, waits.p50],
        [`${name}, 99th percentile ms`, waits.p99],
        [`${name}, commands of an idle hour`, idle.commands],
      ]),
    ),
    "backlog by ticks, ms": backlog.ticks.waits.worst,
    "backlog by continuation, ms": backlog.continuation.waits.worst,
  }),
});

async function medianChain(): Promise<BacklogRun> {
  const chains: BacklogRun[] = [];
  for (let i = 0; i < CHAINS; i += 1) chains.push(await byContinuation(BACKLOG));
  chains.sort((a, b) => a.waits.worst - b.waits.worst);
  return chains[Math.floor(CHAINS / 2)] as BacklogRun;
}

function backlogRow(name: string, { waits, passes, requests, commands, idle }: BacklogRun) {
  return [
    name,
    duration(waits.p50),
    duration(waits.p99),
    duration(waits.worst),
    figure(passes),
    figure(requests),
    figure(commands),
    figure(idle.commands),
  ];
}

/** 18.6 ms, 4.9 s, 9.01 min. */
function duration(ms: number): string {
  if (ms < 1_000) return `${figure(ms)} ms`;
  return ms < 120_000 ? `${figure(ms / 1_000)} s` : `${figure(ms / 60_000)} min`;
}
