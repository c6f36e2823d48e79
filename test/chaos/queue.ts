import { createQueue, type Queue, type Store } from "../../src/index.ts";
import type { Payload } from "./plan.ts";

export const STREAM = "chaos";
export const LEASE_MS = 5_000;
export const MAX_FAILURES = 4;

/** Short times, so that what a dead pass left comes again while the chaos is still on. */
export function chaosQueue(store: Store): Queue<Payload> {
  return createQueue<Payload>({
    name: STREAM,
    store,
    visibilityTimeout: LEASE_MS,
    maxFailures: MAX_FAILURES,
    maxDeliveries: 20,
    backoff: { initial: 200, max: "2 s" },
  });
}

/** How long a request may take before it is sent again. */
export const REQUEST_TIMEOUT_MS = 2_000;
