// Messages per second of one pass over REST, beside what people write by hand, another library, and
// the bound of a sequential loop: all in one run, on the same work, through the same gateway.
//
//   npm run bench               all sides at 0, 5 and 20 ms of added latency
//   npm run bench -- --quick    fewer messages

import { parseArgs } from "node:util";
import { findRedisServer, startRedis } from "../scripts/local-redis.ts";
import { serveGateway } from "../src/gateway/index.ts";
import { delayedProxy } from "./delay.ts";
import { sides } from "./sides.ts";
import { printTable, type Row } from "./table.ts";

const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
const PAIRS = values.quick ? 3 : 5;
const LATENCIES = [0, 5, 20];

const binary = findRedisServer({ install: false });
if (binary === undefined)
  console.log("No redis-server here: these are numbers of the embedded one.");
const redis = await startRedis(binary);
const gateway = await serveGateway({ redis: redis.url, token: "bench" });

const rows: Row[] = [];
for (const latencyMs of LATENCIES) {
  const proxy = await delayedProxy(gateway.port, latencyMs);
  const target = { url: proxy.url, token: "bench", redisUrl: redis.url };
  const measured = new Map<string, { rates: number[]; requests: number; commands: number }>();
  // Alternated, so that a slow moment of the machine hits every side.
  for (let pair = 0; pair < PAIRS; pair += 1) {
    for (const side of sides) {
      const count = side.messagesAt(latencyMs, values.quick);
      const result = await side.run(target, count);
      const entry = measured.get(side.name) ?? { rates: [], requests: 0, commands: 0 };
      entry.rates.push(count / (result.elapsedMs / 1_000));
      entry.requests = result.requests / count;
      entry.commands = result.commands / count;
      measured.set(side.name, entry);
    }
  }
  for (const [name, { rates, requests, commands }] of measured) {
    rows.push({ latencyMs, name, rate: median(rates), requests, commands });
  }
  await proxy.close();
}
printTable(rows);
await gateway.close();
await redis.stop();

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
