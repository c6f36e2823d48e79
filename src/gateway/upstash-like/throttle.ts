/** Makes commands wait that come faster than `perSecond`, after a burst of one second's worth. */
export function createThrottle(
  perSecond: number,
  clock: { now(): number; sleep(ms: number): Promise<void> },
): (commands: number) => Promise<void> {
  let paidUntil = Number.NEGATIVE_INFINITY;
  return async (commands) => {
    const now = clock.now();
    paidUntil = Math.max(paidUntil, now - 1000) + (commands * 1000) / perSecond;
    if (paidUntil > now) await clock.sleep(paidUntil - now);
  };
}
