import { type VirtualClock, virtualClock } from "../../src/testing.ts";

/**
 * A virtual clock that moves by itself where everybody waits: once nothing else is left to do, it
 * goes to the end of the next sleep. So a pass that waits takes no time.
 */
export function movingClock(): VirtualClock {
  const clock = virtualClock();
  let scheduled = false;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const wake = clock.nextWake();
      if (wake === undefined) return;
      clock.advance(wake - clock.now());
      schedule();
    });
  }

  return {
    ...clock,
    sleep(ms, signal) {
      const slept = clock.sleep(ms, signal);
      schedule();
      return slept;
    },
  };
}
