import { StoreError } from "./errors.ts";
import { callLimits, type Pass, requestsLeft } from "./pass.ts";
import type { Stopped } from "./report.ts";

/** Reasons to stop with work left, which another pass could go on with at once. */
const WITH_MORE: readonly Stopped[] = ["deadline", "messages", "requests"];

/**
 * Asks for the next pass where this one stopped with more waiting, so that a backlog does not wait for
 * the next tick. Bounded in depth by the option, and in rate by the queue's debounce.
 *
 * @returns whether a pass was asked for.
 */
export async function continueBacklog(pass: Pass, stopped: Stopped): Promise<boolean> {
  const { options, queues, store } = pass;
  const queue = queues.map((each) => each.queue).find(({ wake }) => wake !== undefined);
  const { maxDepth, depth } = options.continuation;
  if (queue?.wake === undefined || depth >= maxDepth || !WITH_MORE.includes(stopped)) return false;
  if (queues.every(({ tally }) => tally.claimed === 0) || requestsLeft(pass) <= 0) return false;
  const { wake, storeQueue } = queue;
  try {
    const kick = { depth: depth + 1, ms: wake.debounceMs };
    const first = await store.takeKick(storeQueue, kick, callLimits(pass, true));
    // What relies on this pass relies on the next.
    const debounce = Math.max(wake.debounceMs, options.kickedUntil - store.now());
    const request = { queue: queue.name, depth: depth + 1, debounce };
    return first && (await wake.kick(request, store, options.deadline));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return false;
  }
}
