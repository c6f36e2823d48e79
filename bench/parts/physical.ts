import { type PhysicalBound, physicalBound } from "../costs/redis-benchmark.ts";
import { startEnvironment } from "../environment.ts";
import { alternate, type Measured, summarize } from "../measure.ts";
import { figure, ratio } from "../page/section.ts";
import { bareLoop, bullmq, rest, tcp } from "../sides/all.ts";
import { NOOP_WORK } from "../work.ts";
import { definePart } from "./part.ts";

interface Data {
  readonly bound: PhysicalBound;
  readonly sides: readonly (Measured & { readonly name: string })[];
}

const MICROS = 1_000_000;
const CONCURRENCY = 100;

/** What the machine can do at all, and where the time of a message goes. */
export const physical = definePart<Data>({
  name: "physical",
  version: 2,
  title: "The physical bound, and where the time goes",
  async measure({ rounds }) {
    const env = await startEnvironment();
    try {
      const target = await env.targetAt(0);
      const work = { ...NOOP_WORK, messages: 10_000, concurrency: CONCURRENCY };
      const sides = [tcp, bullmq, rest, bareLoop];
      const contestants = sides.map((side) => ({ side, target, work }));
      const runs = await alternate(env.redis, contestants, rounds);
      return {
        bound: await physicalBound(env.redis, env.redisPort),
        sides: sides.map(({ name }, i) => ({ name, ...summarize(runs[i] ?? []) })),
      };
    } finally {
      await env.close();
    }
  },
  section: ({ bound, sides }) => ({
    text: [
      "No added latency, 100 bytes, batches of 100, a handler that does nothing. First what " +
        "`redis-benchmark` reaches, which only sends commands and reads replies; then where the time of a " +
        "message goes: the server's in scripts, the processor's in the measured process, and the rest, which " +
        "is the gateway (over REST), the wire, and waiting. They overlap where turns do.",
    ],
    tables: [
      {
        columns: ["`redis-benchmark`", "per second"],
        rows: [
          [
            "messages read, acknowledged and deleted, 100 by one script, one connection",
            figure(bound.drain),
          ],
          ["XADD in pipelines of 100, one connection", figure(bound.add)],
          ["XADD in pipelines of 100, fifty connections", figure(bound.addMany)],
          ["XADD one by one, one connection", figure(bound.addSingle)],
          ["PING one by one, one connection", figure(bound.ping)],
        ],
      },
      {
        columns: ["", "of the bound", "µs a message", "in scripts", "in the process", "the rest"],
        rows: sides.map(({ name, rate, scriptMicros, clientMicros }) => {
          const whole = MICROS / rate;
          return [
            name,
            `${ratio(rate / bound.drain)} ×`,
            figure(whole),
            figure(scriptMicros),
            figure(clientMicros),
            figure(Math.max(0, whole - scriptMicros - clientMicros)),
          ];
        }),
      },
    ],
    charts: [],
  }),
  figures: ({ bound, sides }) =>
    Object.fromEntries([
      ...sides.map(({ name, rate }) => [`${name} : redis-benchmark`, rate / bound.drain]),
      ...sides.map(({ name, clientMicros }) => [`${name}, µs in the process`, clientMicros]),
    ]),
});
