/** What passes did in a length of time, told from counts by the minute. */
export interface Throughput {
  readonly completed: number;
  /** Attempts that ended in a retry or a dead letter. */
  readonly failed: number;
  /** Completed messages a second. */
  readonly perSecond: number;
  /** The part of all attempts that failed, from 0 to 1; 0 where there were none. */
  readonly failureRate: number;
}

/** How many minutes are kept, each in the place of its remainder. */
export const MINUTES = 60;
const MINUTE_MS = 60_000;

interface Minute {
  readonly completed: number;
  readonly failed: number;
}

/**
 * Adds up the minutes that end now. The minute that began before them counts in part, except for the
 * oldest one that is kept: an hour is its last 59 to 60 minutes.
 */
export function sumMinutes(
  counters: ReadonlyMap<string, string | number>,
  now: number,
  minutes: number,
): Throughput {
  const current = Math.floor(now / MINUTE_MS);
  const elapsed = now / MINUTE_MS - current;
  let completed = 0;
  let failed = 0;
  for (let back = 0; back <= minutes && back < MINUTES; back += 1) {
    const part = back === minutes ? 1 - elapsed : 1;
    const minute = readMinute(counters, current - back);
    completed += minute.completed * part;
    failed += minute.failed * part;
  }
  const covered = minutes < MINUTES ? minutes : minutes - 1 + elapsed;
  const attempts = completed + failed;
  return {
    completed: Math.round(completed),
    failed: Math.round(failed),
    perSecond: covered === 0 ? 0 : completed / (covered * 60),
    failureRate: attempts === 0 ? 0 : failed / attempts,
  };
}

/** Its place may still hold an older minute, or nothing. */
function readMinute(counters: ReadonlyMap<string, string | number>, minute: number): Minute {
  const stored = /^(\d+):(\d+):(\d+)$/.exec(String(counters.get(`m${minute % MINUTES}`)));
  if (stored === null || Number(stored[1]) !== minute) return { completed: 0, failed: 0 };
  return { completed: Number(stored[2]), failed: Number(stored[3]) };
}
