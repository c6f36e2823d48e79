import { type DrainOptions, drain, type Queue } from "../../src/index.ts";
import { startEnvironment } from "../environment.ts";
import { type Bill, billOf } from "./bill.ts";
import { warmQueues } from "./setting.ts";

export interface IdlePass extends Bill {
  /** How long the function runs for it. */
  readonly seconds: number;
}

/** One pass over a drained queue, to its end, on a server of its own: every other costs the same. */
export async function idlePass(options: DrainOptions): Promise<IdlePass> {
  const env = await startEnvironment();
  try {
    const [queue] = (await warmQueues(env, 1)) as [Queue<number>];
    let seconds = 0;
    const bill = await billOf(env.redis, async () => {
      const report = await drain(queue, () => {}, options);
      seconds = report.elapsedMs / 1_000;
      return report.requests;
    });
    return { ...bill, seconds };
  } finally {
    await env.close();
  }
}
