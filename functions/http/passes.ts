/** Passes that go on after their requests were answered. */
export interface GoingOn {
  /** Remembers a pass until it is over. */
  readonly waitUntil: (pass: Promise<unknown>) => void;
  /** Aborts when the grace is over: then a pass gives back what it has not begun. */
  readonly signal: AbortSignal;
  /** Resolves once no request can begin another pass, as `closed` says, and all are over. */
  end(closed: Promise<unknown>): Promise<void>;
}

/**
 * Keeps account of them, for a server that is to end.
 *
 * @param graceMs how long they may go on when the server is told to end
 */
export function keepGoing(graceMs: number): GoingOn {
  const running = new Set<Promise<unknown>>();
  const late = new AbortController();

  async function allOver(): Promise<void> {
    while (running.size > 0) await Promise.allSettled(running);
  }

  return {
    signal: late.signal,
    waitUntil(pass) {
      running.add(pass);
      const forget = () => void running.delete(pass);
      pass.then(forget, forget);
    },
    async end(closed) {
      const timer = setTimeout(() => late.abort(), graceMs);
      await closed;
      await allOver();
      clearTimeout(timer);
    },
  };
}
