import { readConsumers } from "../inspect/consumers.ts";
import { createReader } from "../inspect/reader.ts";
import type { Queue } from "../queue.ts";
import type { Reading } from "./families.ts";

/** A queue whose metrics are written, of whatever payload. */
export type MeteredQueue = Pick<Queue<never, unknown>, "name" | "resolved" | "stats">;

export interface ReadSettings {
  /** Most consumers that are named; 0 asks for none. */
  readonly consumers: number;
  /** How long a queue may take. */
  readonly timeoutMs: number;
  readonly onError: ((error: unknown, queue: string) => unknown) | undefined;
}

/** Reads all queues at the same time; what cannot be read does not hide the rest. */
export function readAll(
  queues: readonly MeteredQueue[],
  settings: ReadSettings,
): Promise<readonly Reading[]> {
  return Promise.all(queues.map((queue) => readOne(queue, settings)));
}

async function readOne(
  queue: MeteredQueue,
  { consumers, timeoutMs, onError }: ReadSettings,
): Promise<Reading> {
  const { name, resolved } = queue;
  const [stats, largest] = await Promise.allSettled([
    // A collector waits no longer, and would then see no queue at all.
    queue.stats({ timeout: timeoutMs }),
    largestConsumers(queue, consumers, timeoutMs),
  ]);
  const failed = [stats, largest].find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") await tell(onError, failed.reason, name);
  return {
    queue: name,
    group: resolved.storeQueue.group,
    stats: stats.status === "fulfilled" ? stats.value : undefined,
    consumers: largest.status === "fulfilled" ? largest.value : [],
  };
}

/** None where the store does not read commands: a store in memory has statistics alone. */
async function largestConsumers(
  queue: MeteredQueue,
  count: number,
  timeoutMs: number,
): Promise<Reading["consumers"]> {
  const { store } = queue.resolved;
  if (count === 0 || store.read === undefined) return [];
  const reader = createReader(queue, { deadline: store.now() + timeoutMs });
  const { items } = await readConsumers(reader, { order: "pending", count });
  return items.filter(({ pending }) => pending > 0);
}

async function tell(
  onError: ReadSettings["onError"],
  error: unknown,
  queue: string,
): Promise<void> {
  try {
    await onError?.(error, queue);
  } catch {
    // Ignored, as the option says.
  }
}
