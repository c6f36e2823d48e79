import { type DrainOptions, drain, type Queue } from "../../src/index.ts";
import { startEnvironment } from "../environment.ts";
import { type Bill, billOf, sum } from "./bill.ts";
import { warmQueues } from "./setting.ts";
import { sleepUntil, spreadMoments, type Waits, waitsOf } from "./waits.ts";

const TICK_MS = 60_000;
/** The queues tick one after the other, so that not all of them do at one moment. */
const STAGGER_MS = 12_000;

export interface TickedRun {
  readonly waits: Waits;
  /** Of one queue, from the beginning of a tick to that of the next, with one message. */
  readonly minute: Bill;
}

/**
 * Many queues side by side, each with a tick each minute of real time. Each gets one message, at its
 * own moment between two ticks, and the second tick finds what the pass of the first has not.
 */
export async function runTicked(options: DrainOptions, count: number): Promise<TickedRun> {
  const env = await startEnvironment();
  try {
    const queues = await warmQueues(env, count);
    const idle = await billOf(env.redis, () => plainPass(queues[0] as Queue<number>, () => {}));
    const waited: number[] = [];
    const start = performance.now();
    const moments = spreadMoments(count, TICK_MS);
    const all = await billOf(env.redis, async () => {
      const cycles = queues.map((queue, i) => {
        const tick = start + (i * STAGGER_MS) / count;
        return runCycle(queue, { tick, sendAt: tick + (moments[i] ?? 0), options, waited });
      });
      return sum(await Promise.all(cycles));
    });
    if (waited.length !== count) throw new Error(`${waited.length} of ${count} were handled.`);
    // The second tick begins the next minute, and would cost as much as an idle pass all the same.
    const minute = {
      requests: all.requests / count - idle.requests,
      commands: all.commands / count - idle.commands,
    };
    return { waits: waitsOf(waited), minute };
  } finally {
    await env.close();
  }
}

interface Cycle {
  /** When the first tick comes, by `performance.now()`. */
  readonly tick: number;
  readonly sendAt: number;
  readonly options: DrainOptions;
  readonly waited: number[];
}

/** One minute of one queue. @returns its requests */
async function runCycle(queue: Queue<number>, { tick, sendAt, options, waited }: Cycle) {
  const handle = (sentAt: number) => {
    waited.push(performance.now() - sentAt);
  };
  async function firstTick(): Promise<number> {
    await sleepUntil(tick);
    return (await drain(queue, ({ payload }) => handle(payload), options)).requests;
  }
  async function send(): Promise<number> {
    await sleepUntil(sendAt);
    await queue.send(performance.now());
    return 1;
  }
  async function secondTick(): Promise<number> {
    await sleepUntil(tick + TICK_MS);
    return plainPass(queue, handle);
  }
  return sum(await Promise.all([firstTick(), send(), secondTick()]));
}

async function plainPass(queue: Queue<number>, handle: (sentAt: number) => void): Promise<number> {
  return (await drain(queue, ({ payload }) => handle(payload))).requests;
}
