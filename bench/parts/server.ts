import { barChart } from "../chart/bars.ts";
import { type ClaimCosts, claimCosts } from "../costs/claim-flatness.ts";
import { type MemoryCosts, memoryCosts } from "../costs/memory.ts";
import { scriptTimes } from "../costs/script-time.ts";
import { sendRates } from "../costs/send.ts";
import { startEnvironment } from "../environment.ts";
import { atLeast, atMost, figure, ratio } from "../page/section.ts";
import { median } from "../statistics.ts";
import { definePart } from "./part.ts";

const SWEEP_LIMIT_MICROS = 3_000;

interface Data {
  readonly script: { readonly plain: number; readonly keyed: number };
  readonly claim: ClaimCosts;
  readonly send: { readonly sendBatch: number; readonly pipeline: number; readonly ratio: number };
  readonly memory: MemoryCosts;
}

/** What the queue costs the Redis server: its time and its memory. */
export const server = definePart<Data>({
  name: "server",
  title: "Time and memory of the server",
  async measure({ rounds }) {
    const env = await startEnvironment();
    try {
      const script = await scriptTimes(env, rounds);
      const rates = await sendRates(env, Math.max(7, rounds), 30);
      return {
        script,
        send: {
          sendBatch: median(rates.sendBatch),
          pipeline: median(rates.pipeline),
          ratio: rates.ratio,
        },
        claim: await claimCosts(env.redisUrl, {
          waiting: 1_000_000,
          inFlight: 100_000,
          claims: 40,
        }),
        memory: await memoryCosts(env.redisUrl),
      };
    } finally {
      await env.close();
    }
  },
  goals: ({ script, claim, send, memory }) => [
    atMost("Script time a message", 6, script.plain, "µs"),
    atMost("Script time a message with idempotency keys", 9, script.keyed, "µs"),
    {
      ...atMost("Claiming 100 from a large queue : from one of 100", 1.2, claim.flatness, "×"),
      measured: `${ratio(claim.flatness)} ×`,
    },
    atMost("A sweep past 100,000 in flight", SWEEP_LIMIT_MICROS, claim.sweep, "µs"),
    atLeast("`sendBatch` of 100 : a pipeline of 100 XADDs", 0.9, send.ratio),
    {
      ...atMost("Memory of a queued message : of a raw entry", 1.05, memory.queuedRatio, "×"),
      measured: `${memory.queuedRatio.toFixed(3)} ×`,
    },
    atMost("Memory left behind by a drained queue", 65_536, memory.drainedBytesLeft, "bytes"),
    atMost("An idempotency record, key of 36 characters", 150, memory.recordBytes, "bytes"),
  ],
  section: ({ script, claim, send, memory }) => ({
    text: [
      "Times are the server's own (`INFO commandstats`), medians; batches of 100, payloads of 100 bytes. " +
        "Claims are the first turn of a pass, which also looks at the group, with the gate of the " +
        "sweep closed; the sweep is what a turn with its gate open takes longer, 100,000 in flight.",
    ],
    tables: [
      {
        columns: ["", "µs"],
        rows: [
          ["scripts, a message settled, removed and the next claimed", figure(script.plain)],
          ["the same with idempotency keys", figure(script.keyed)],
          ["claiming 100 from a queue of 100", figure(claim.alone)],
          ["claiming 100 with 1,000,000 waiting", figure(claim.waiting)],
          ["claiming 100 with 100,000 in flight elsewhere", figure(claim.inFlight)],
          ["a sweep past all of those, which finds nothing", figure(claim.sweep)],
        ],
      },
      {
        columns: ["", "messages per second"],
        rows: [
          ["`sendBatch` of 100 over REST", figure(send.sendBatch)],
          ["a pipeline of 100 XADDs of `@upstash/redis`, decoding off", figure(send.pipeline)],
        ],
      },
      {
        columns: ["", "memory"],
        rows: [
          ["a queued message : a raw entry", `${memory.queuedRatio.toFixed(3)} ×`],
          ["left by 10,000 messages after they are drained", `${memory.drainedBytesLeft} bytes`],
          ["an idempotency record", `${figure(memory.recordBytes)} bytes`],
        ],
      },
    ],
    charts: [
      {
        file: "claims.svg",
        alt: "Server time for claiming 100 messages",
        svg: barChart({
          title: "Claiming 100 messages",
          unit: "µs of the server",
          bars: [
            { name: "from a queue of 100", value: claim.alone, own: true },
            { name: "with 1,000,000 waiting", value: claim.waiting, own: true },
            { name: "with 100,000 in flight", value: claim.inFlight, own: true },
          ],
        }),
      },
    ],
  }),
  figures: ({ script, claim, send, memory }) => ({
    "script µs": script.plain,
    "script µs with keys": script.keyed,
    "claim flatness": claim.flatness,
    "sweep µs": claim.sweep,
    "send : pipeline": send.ratio,
    "queued memory": memory.queuedRatio,
    "drained bytes left": memory.drainedBytesLeft,
    "record bytes": memory.recordBytes,
  }),
});
