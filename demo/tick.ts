import { addUp, NOTHING, type Totals } from "./reports.ts";
import type { Runtime } from "./runtime.ts";
import { wait } from "./wait.ts";

/** What the runtimes did, each the sum of its passes. */
export type ByRuntime = ReadonlyMap<Runtime, Totals>;

/** The shortest time between two passes of a runtime: a schedule of every minute, made shorter. */
const PAUSE_MS = 150;

export interface Ticking {
  /** Up to date at any time, for the progress line. */
  readonly done: ByRuntime;
  /** Resolves when `settled` or the time is over; rejects when a pass could not be made. */
  readonly finished: Promise<void>;
}

/**
 * Lets every runtime make one pass after another, all runtimes at the same time, until there is
 * nothing left to do. Which of them gets which message is decided by Redis alone.
 */
export function startTicking(
  runtimes: readonly Runtime[],
  options: {
    readonly settled: () => Promise<boolean>;
    readonly deadline: number;
    /** What they did before. */
    readonly before?: ByRuntime;
  },
): Ticking {
  const done = new Map<Runtime, Totals>(
    runtimes.map((runtime) => [runtime, options.before?.get(runtime) ?? NOTHING]),
  );
  let over = false;

  async function keepTicking(runtime: Runtime): Promise<void> {
    let last: boolean;
    do {
      // One more pass after the end finds nothing to do, and shows that.
      last = over;
      const pass = await runtime.tick();
      done.set(runtime, addUp([done.get(runtime) ?? NOTHING, pass]));
      if (!over) await wait(PAUSE_MS);
    } while (!last);
  }

  async function watch(): Promise<void> {
    while (!over && Date.now() < options.deadline) {
      if (await options.settled()) break;
      await wait(PAUSE_MS);
    }
    over = true;
  }

  // What fails ends the others too, after the pass that they are in.
  const stop = (error: unknown) => {
    over = true;
    throw error;
  };
  const loops = [watch(), ...runtimes.map(keepTicking)].map((loop) => loop.catch(stop));
  const finished = Promise.allSettled(loops).then((ends) => {
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  });
  finished.catch(() => {});
  return { done, finished };
}
