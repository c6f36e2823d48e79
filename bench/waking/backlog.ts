import { createQueue, type DrainOptions, drain, type Queue } from "../../src/index.ts";
import { work } from "../../src/runtimes/http/index.ts";
import { type Environment, startEnvironment } from "../environment.ts";
import { fillStream, newName } from "../fill.ts";
import { handlers, payloadOf } from "../work.ts";
import { type KickedApp, startApp } from "./app.ts";
import { type Bill, billOf, sum, times } from "./bill.ts";
import { LATENCY_MS, restStore, warmQueues } from "./setting.ts";
import { type Waits, waitsOf } from "./waits.ts";

const TICK_MS = 60_000;
const TICKS_AN_HOUR = 60;

export interface BacklogOptions {
  readonly messages: number;
  /** The most that one pass handles. */
  readonly perPass: number;
}

export interface BacklogRun extends Bill {
  readonly passes: number;
  /** From the first tick to the handler of each message; the worst is that of the last. */
  readonly waits: Waits;
  /** An hour of ticks that find nothing, with the same options. */
  readonly idle: Bill;
}

interface Setting extends BacklogOptions {
  readonly env: Environment;
  readonly queue: Queue<string>;
  readonly app: KickedApp;
  readonly handler: () => Promise<void>;
  /** When each message was handled, by `performance.now()`. */
  readonly handled: number[];
}

/** A pass each minute. The passes are real, one after the other; the minutes between are only added. */
export function byTicks(options: BacklogOptions): Promise<BacklogRun> {
  return workOff(options, async ({ env, queue, handler, handled, messages, perPass }) => {
    const waited: number[] = [];
    const limits = { maxMessages: perPass };
    let passes = 0;
    const bill = await billOf(env.redis, async () => {
      let requests = 0;
      while (waited.length < messages) {
        const tick = performance.now();
        requests += (await drain(queue, handler, limits)).requests;
        const minutes = passes * TICK_MS;
        waited.push(...handled.splice(0).map((at) => at - tick + minutes));
        passes += 1;
      }
      return requests;
    });
    const idle = await idleHour(env, queue, limits);
    return { ...bill, passes, waits: waitsOf(waited), idle };
  });
}

/** One tick; each pass that leaves something asks for the next one, at an app over HTTP. */
export function byContinuation(options: BacklogOptions): Promise<BacklogRun> {
  return workOff(options, async ({ env, queue, app, handler, handled, messages, perPass }) => {
    const limits = { maxMessages: perPass, continuation: { maxDepth: messages } };
    app.serve([work(queue, handler, limits)]);
    const tick = performance.now();
    let passes = 0;
    const bill = await billOf(env.redis, async () => {
      const reports = [await drain(queue, handler, limits), ...(await app.passes())];
      passes = reports.length;
      return sum(reports.map(({ requests }) => requests));
    });
    if (handled.length !== messages) throw new Error(`${handled.length} were handled.`);
    const idle = await idleHour(env, queue, limits);
    return { ...bill, passes, waits: waitsOf(handled.map((at) => at - tick)), idle };
  });
}

async function idleHour(env: Environment, queue: Queue<string>, limits: DrainOptions) {
  const pass = async () => (await drain(queue, () => {}, limits)).requests;
  return times(await billOf(env.redis, pass), TICKS_AN_HOUR);
}

async function workOff(
  options: BacklogOptions,
  measure: (setting: Setting) => Promise<BacklogRun>,
): Promise<BacklogRun> {
  const env = await startEnvironment();
  const app = await startApp(LATENCY_MS);
  try {
    await warmQueues(env, 1);
    const wake = { kick: app.kick };
    const queue = createQueue<string>({ name: newName(), store: await restStore(env), wake });
    const { messages } = options;
    await fillStream(env.redis, queue.name, { messages, payload: payloadOf(100), keyed: false });
    const handled: number[] = [];
    const handler = () => {
      handled.push(performance.now());
      return handlers.io();
    };
    return await measure({ ...options, env, queue, app, handler, handled });
  } finally {
    await app.close();
    await env.close();
  }
}
