import type { Redis } from "ioredis";

/** Holds the time at which the last beat was sent. */
export const BEAT_KEY = "chaos:beat";
const EVERY_MS = 5;

/**
 * Writes the time to the primary, again and again. Replication keeps the order of writes, so a replica
 * that has a beat has everything that was answered before that beat was sent.
 */
export function startHeart(primary: () => Redis): { stop(): Promise<void> } {
  let beating = true;
  async function beat(): Promise<void> {
    while (beating) {
      // While nobody is in charge a beat is lost, as everybody's writes are.
      await primary()
        .set(BEAT_KEY, Date.now())
        .catch(() => undefined);
      await new Promise((done) => setTimeout(done, EVERY_MS));
    }
  }
  const running = beat();
  return {
    stop() {
      beating = false;
      return running;
    },
  };
}
