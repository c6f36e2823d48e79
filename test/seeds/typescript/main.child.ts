// Runs the programs: a job a line on stdin, its events and its result a line on stdout.

import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { pending } from "./monitor.ts";
import { produce, trim } from "./producer.ts";
import { follow, latest, readRange } from "./readers.ts";
import { Worker } from "./worker.ts";

const [url = "", connectionName = ""] = process.argv.slice(2);
const redis = new Redis(url, { connectionName });

function say(kind: "event" | "result", value: unknown): void {
  process.stdout.write(`${JSON.stringify({ [kind]: value })}\n`);
}

type Job = (redis: Redis, settings: never) => Promise<unknown>;

const JOBS: Readonly<Record<string, Job>> = {
  produce,
  trim,
  work: (redis, settings) => new Worker(redis, (event) => say("event", event), settings).run(),
  follow,
  latest,
  range: readRange,
  pending,
};

for await (const line of createInterface({ input: process.stdin })) {
  const { job, ...settings } = JSON.parse(line) as { readonly job: string };
  say("result", await JOBS[job]?.(redis, settings as never));
}
redis.disconnect();
