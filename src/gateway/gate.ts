import { GatewayError } from "./errors.ts";

/** Lets a bounded number of requests work at once and a bounded number wait, first come first served. */
export interface Gate {
  /**
   * Takes a place: at once (undefined) or when one is free (a promise). Throws or rejects with
   * `overloaded`, `stopping`, or `client_gone` if `signal` aborts while waiting.
   */
  enter(signal: () => AbortSignal): Promise<void> | undefined;
  /** Gives the place back. */
  leave(): void;
  /** Refuses newcomers and those who wait; resolves when nobody is inside. */
  close(): Promise<void>;
}

interface Waiter {
  admit(): void;
  refuse(error: GatewayError): void;
}

export interface GateLimits {
  readonly maxConcurrency: number;
  readonly maxQueue: number;
  /** Who waits longer than this, in milliseconds, is refused with `overloaded`. */
  readonly requestTimeoutMs: number;
}

export function createGate({ maxConcurrency, maxQueue, requestTimeoutMs }: GateLimits): Gate {
  let inside = 0;
  let closed = false;
  const waiting = new Set<Waiter>();
  const empty: (() => void)[] = [];

  function wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        waiting.delete(waiter);
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
      };
      const waiter: Waiter = {
        admit() {
          settle();
          resolve();
        },
        refuse(error) {
          settle();
          reject(error);
        },
      };
      const onAbort = () =>
        waiter.refuse(new GatewayError("client_gone", "The client went away while it waited."));
      const timer = setTimeout(() => waiter.refuse(busy()), requestTimeoutMs);
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort);
      waiting.add(waiter);
    });
  }

  return {
    enter(signal) {
      if (closed) throw stopping();
      if (inside < maxConcurrency) {
        inside += 1;
        return undefined;
      }
      if (waiting.size >= maxQueue) {
        throw busy();
      }
      return wait(signal());
    },
    leave() {
      // The place goes from hand to hand, so that a newcomer cannot overtake who waits.
      const [next] = waiting;
      if (next !== undefined) return next.admit();
      inside -= 1;
      if (inside === 0) for (const done of empty.splice(0)) done();
    },
    close() {
      closed = true;
      for (const waiter of [...waiting]) waiter.refuse(stopping());
      return inside === 0 ? Promise.resolve() : new Promise((done) => empty.push(done));
    },
  };
}

function busy(): GatewayError {
  return new GatewayError("overloaded", "ERR the gateway is busy; try again later");
}

function stopping(): GatewayError {
  return new GatewayError("stopping", "ERR the gateway is stopping");
}
