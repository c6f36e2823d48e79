import { readConsumers } from "../inspect/consumers.ts";
import { createReader } from "../inspect/reader.ts";
import type { Queue } from "../queue.ts";
import type { Reading } from "./families.ts";

/** A queue whose metrics are written, of whatever payload. */
export type MeteredQueue = Pick<Queue<never, unknown>, "name" | "resolved" | "stats">;

export interface ReadSettings {
  /** Most consumers that are named; 0 asks for none. */
  readonly consumers: number;
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
  { consumers, onError }: ReadSettings,
): Promise<Reading> {
  const { name, resolved } = queue;
  const tellOf = async (error: unknown) => tell(onError, error, name);
  const [stats, largest] = await Promise.all([
    queue.stats().catch(tellOf),
    largestConsumers(queue, consumers).catch(tellOf),
  ]);
  const group = resolved.storeQueue.group;
  return { queue: name, group, stats: stats ?? undefined, consumers: largest ?? [] };
}

/** None where the store does not read commands: a store in memory has statistics alone. */
async function largestConsumers(queue: MeteredQueue, count: number): Promise<Reading["consumers"]> {
  if (count === 0 || queue.resolved.store.read === undefined) return [];
  const { items } = await readConsumers(createReader(queue), { order: "pending", count });
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
