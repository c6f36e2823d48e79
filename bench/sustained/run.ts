import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { createQueue } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { startEnvironment } from "../environment.ts";
import { newName } from "../fill.ts";
import { TOKEN } from "../target.ts";
import type { Ask, Closing, Message, Tell } from "./ledger.ts";

const LATENCY_MS = 5;
const SENDERS = 4;
const BATCH = 10;
/** Of each sender: 1,000 messages a second in all. */
const BATCH_EVERY_MS = 40;
const SAMPLES = 60;

export interface SustainedRun extends Closing {
  readonly sent: number;
  readonly seconds: number;
  /** Bytes, evenly spaced in time: used memory of Redis, live heap of the functions. */
  readonly redisMemory: readonly number[];
  readonly heap: readonly number[];
}

/** A steady load for so long: parallel senders, overlapping passes, failing handlers. */
export async function sustain(minutes: number): Promise<SustainedRun> {
  const env = await startEnvironment();
  const { restUrl } = await env.targetAt(LATENCY_MS);
  const name = newName();
  const functions = fork(join(import.meta.dirname, "functions.child.ts"), [restUrl, name], {
    execArgv: ["--expose-gc"],
  });
  try {
    await ask(functions, { kind: "sample" }); // it runs
    const seconds = minutes * 60;
    const until = performance.now() + seconds * 1_000;
    const sending = sendUntil(until, name, restUrl);
    const redisMemory: number[] = [];
    const heap: number[] = [];
    for (let sample = 0; sample <= SAMPLES; sample += 1) {
      if (sample > 0) await sleep((seconds * 1_000) / SAMPLES);
      redisMemory.push(await usedMemory(env.redis));
      const told = await ask(functions, { kind: "sample" });
      if (told.kind === "sample") heap.push(told.heap);
    }
    const sent = await sending;
    const told = await ask(functions, { kind: "finish", sent });
    if (told.kind !== "finish") throw new Error("The functions did not finish.");
    const { kind: _, ...closing } = told;
    return { sent, seconds, ...closing, redisMemory, heap };
  } finally {
    functions.kill("SIGKILL");
    await env.close();
  }
}

async function sendUntil(until: number, name: string, url: string): Promise<number> {
  const queue = createQueue<Message>({ name, store: upstash({ url, token: TOKEN }) });
  let sent = 0;
  async function sender(): Promise<void> {
    let next = performance.now();
    while (performance.now() < until) {
      const first = sent;
      sent += BATCH;
      const at = Date.now();
      await queue.sendBatch(
        Array.from({ length: BATCH }, (_, i) => ({ payload: { number: first + i, at } })),
      );
      next += BATCH_EVERY_MS;
      await sleep(Math.max(0, next - performance.now()));
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, sender));
  return sent;
}

function ask(functions: ChildProcess, question: Ask): Promise<Tell> {
  return new Promise((resolve, reject) => {
    const failed = () => reject(new Error("The functions ended."));
    functions.once("exit", failed);
    functions.once("message", (tell: Tell) => {
      functions.off("exit", failed);
      resolve(tell);
    });
    functions.send(question);
  });
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]);
}

const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
