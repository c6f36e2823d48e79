import type { Clock } from "./store.ts";

/** Lets a loop wait until something happened or a time has come. */
export interface Waker {
  readonly wake: () => void;
  /** Resolves at the next wake, or after `ms`; at once if it was woken since the last wait. */
  wait(ms: number): Promise<void>;
}

export function createWaker(clock: Clock): Waker {
  let woken = false;
  let waiting: AbortController | undefined;
  return {
    wake() {
      woken = true;
      waiting?.abort(null);
    },
    async wait(ms) {
      if (!woken && ms > 0) {
        waiting = new AbortController();
        await clock.sleep(ms, waiting.signal);
        waiting = undefined;
      }
      woken = false;
    },
  };
}
