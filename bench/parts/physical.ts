import { type PhysicalBound, physicalBound } from "../costs/redis-benchmark.ts";
import { startEnvironment } from "../environment.ts";
import { alternate, ratesOf } from "../measure.ts";
import { figure, ratio } from "../page/section.ts";
import { rest, tcp } from "../sides/all.ts";
import { median } from "../statistics.ts";
import { NOOP_WORK } from "../work.ts";
import { definePart } from "./part.ts";

interface Data {
  readonly bound: PhysicalBound;
  readonly tcp: number;
  readonly rest: number;
}

/** What the machine can do at all, without any client library. */
export const physical = definePart<Data>({
  name: "physical",
  title: "The physical bound",
  async measure({ rounds }) {
    const env = await startEnvironment();
    try {
      const target = await env.targetAt(0);
      const work = { ...NOOP_WORK, messages: 10_000 };
      const contestants = [tcp, rest].map((side) => ({ side, target, work }));
      const [tcpRuns, restRuns] = await alternate(env.redis, contestants, rounds);
      return {
        bound: await physicalBound(env.redis, env.redisPort),
        tcp: median(ratesOf(tcpRuns)),
        rest: median(ratesOf(restRuns)),
      };
    } finally {
      await env.close();
    }
  },
  section: ({ bound, tcp, rest }) => ({
    text: [
      "What `redis-benchmark` reaches, which only sends commands and reads replies; 100 bytes, no added latency.",
    ],
    tables: [
      {
        columns: ["", "per second", "xdrain over TCP", "over REST"],
        rows: [
          [
            "messages read, acknowledged and deleted by one script for 100, one connection",
            figure(bound.drain),
            `${ratio(tcp / bound.drain)} ×`,
            `${ratio(rest / bound.drain)} ×`,
          ],
          ["XADD in pipelines of 100, one connection", figure(bound.add), "", ""],
          ["XADD in pipelines of 100, fifty connections", figure(bound.addMany), "", ""],
          ["XADD one by one, one connection", figure(bound.addSingle), "", ""],
          ["PING one by one, one connection", figure(bound.ping), "", ""],
        ],
      },
    ],
    charts: [],
  }),
  figures: ({ bound, tcp, rest }) => ({
    "TCP : redis-benchmark": tcp / bound.drain,
    "REST : redis-benchmark": rest / bound.drain,
  }),
});
