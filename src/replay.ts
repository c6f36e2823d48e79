import { flag, onlyKnown, refuse } from "./expect.ts";
import type { ResolvedQueue } from "./queue-options.ts";
import { resolveStart, type Start } from "./start.ts";

export interface ReplayOptions {
  /** Behind which entry, or from which time on; `"0"` is from the first entry on. */
  readonly from: Exclude<Start, "$">;
  /** Do the work again whose idempotency key is done. @default false: it is completed as a duplicate */
  readonly repeatDone?: boolean;
}

/**
 * Lets the queue's group read again what is behind a place in its stream. A place that it has not reached
 * changes nothing: no message is skipped. @throws OptionError
 */
export async function replayQueue(queue: ResolvedQueue, options: ReplayOptions): Promise<void> {
  onlyKnown("replay", options, ["from", "repeatDone"]);
  if ((options.from as string) === "$")
    refuse("from", 'an entry\'s id, a Date or "0"', options.from);
  const start = resolveStart("from", options.from);
  const position = start === "0" ? "0-0" : start;
  const { store, storeQueue } = queue;
  if (flag("repeatDone", options.repeatDone, false)) {
    let next: string | undefined = position;
    while (next !== undefined) next = await store.forgetDone(storeQueue, next, {});
  }
  await store.replay(storeQueue, position, {});
}
