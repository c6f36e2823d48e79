import { type DayCosts, simulateDay } from "../costs/day.ts";
import { startEnvironment } from "../environment.ts";
import { figure } from "../page/section.ts";
import { definePart } from "./part.ts";

const SENDS = 50_000;
const PRICE_PER_COMMAND = 0.2 / 100_000;
const DAYS = 30;

interface Data {
  readonly plain: DayCosts;
  readonly keyed: DayCosts;
}

/** What a small service costs. */
export const day = definePart<Data>({
  name: "day",
  title: "A day of a small service",
  async measure() {
    const run = async (keyed: boolean) => {
      const env = await startEnvironment();
      try {
        return await simulateDay(env.redisUrl, { sends: SENDS, keyed });
      } finally {
        await env.close();
      }
    };
    return { plain: await run(false), keyed: await run(true) };
  },
  section: ({ plain, keyed }) => ({
    text: [
      "50,000 messages, sent one at a time; a pass each minute; one in a hundred fails once. The real " +
        "scripts on a real server, only its clock is turned. Upstash bills an EVALSHA and each command inside " +
        "of it, and so does this count, at $0.20 for 100,000; `sendBatch` of 100 takes 103 commands instead " +
        "of 400. The test suite asserts the commands exactly. With keys, the peak holds 50,000 records of a day.",
    ],
    tables: [
      {
        columns: ["", "without keys", "with idempotency keys"],
        rows: [
          row("commands of the sends", plain, keyed, (one) => figure(one.commands.sends)),
          row("commands of the passes", plain, keyed, (one) => figure(one.commands.passes)),
          row("requests", plain, keyed, (one) => figure(one.requests)),
          row("peak memory", plain, keyed, (one) => `${figure(one.peakMemory / 1_024)} KB`),
          row("price of the day", plain, keyed, (one) => `$${price(one).toFixed(2)}`),
          row("of it, the passes", plain, keyed, (one) => `$${dollars(one.commands.passes)}`),
          row("price of 30 days", plain, keyed, (one) => `$${(price(one) * DAYS).toFixed(2)}`),
        ],
      },
    ],
    charts: [],
  }),
  figures: ({ plain, keyed }) => ({
    "commands of the sends": plain.commands.sends,
    "commands of the passes": plain.commands.passes,
    "commands of the passes, with keys": keyed.commands.passes,
    "peak memory": plain.peakMemory,
    "peak memory, with keys": keyed.peakMemory,
  }),
});

const dollars = (commands: number) => (commands * PRICE_PER_COMMAND).toFixed(2);
const price = ({ commands }: DayCosts) => (commands.sends + commands.passes) * PRICE_PER_COMMAND;

function row(name: string, plain: DayCosts, keyed: DayCosts, of: (one: DayCosts) => string) {
  return [name, of(plain), of(keyed)];
}
