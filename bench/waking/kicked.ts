import { work } from "../../src/runtimes/http/index.ts";
import { startEnvironment } from "../environment.ts";
import { startApp } from "./app.ts";
import { type Bill, billOf, sum, times } from "./bill.ts";
import { LATENCY_MS, warmQueues } from "./setting.ts";
import { sleepUntil, spreadMoments, type Waits, waitsOf } from "./waits.ts";

export interface KickedOptions {
  readonly queues: number;
  /** Sent to each of them. */
  readonly messages: number;
  /** The time in which they are. */
  readonly ms: number;
}

export interface KickedRun {
  readonly waits: Waits;
  /** Of one message: its send, and its part of the passes. */
  readonly message: Bill;
}

/** Every send asks for a pass, at an app over HTTP; all of it in real time. */
export async function runKicked({
  queues: count,
  messages,
  ms,
}: KickedOptions): Promise<KickedRun> {
  const env = await startEnvironment();
  const app = await startApp(LATENCY_MS);
  try {
    const failures: unknown[] = [];
    const wake = { kick: app.kick, onError: (error: unknown) => failures.push(error) };
    const queues = await warmQueues(env, count, wake);
    const waited: number[] = [];
    const handler = ({ payload }: { readonly payload: number }) => {
      waited.push(performance.now() - payload);
    };
    app.serve(queues.map((queue) => work(queue, handler)));
    await app.kick({ queue: queues[0]?.name ?? "", depth: 0 }); // the first loads what the others use
    const before = (await app.passes()).length;

    const total = count * messages;
    const start = performance.now();
    const bill = await billOf(env.redis, async () => {
      const sends = spreadMoments(total, ms).map(async (moment, i) => {
        await sleepUntil(start + moment);
        await queues[i % count]?.send(performance.now(), { wake: true });
      });
      await Promise.all(sends);
      const reports = (await app.passes()).slice(before);
      return total + sum(reports.map(({ requests }) => requests));
    });
    if (failures.length > 0) throw new Error("A kick failed.", { cause: failures[0] });
    if (waited.length !== total) throw new Error(`${waited.length} of ${total} were handled.`);
    return { waits: waitsOf(waited), message: times(bill, 1 / total) };
  } finally {
    await app.close();
    await env.close();
  }
}
