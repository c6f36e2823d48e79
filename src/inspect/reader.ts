import { OptionError } from "../errors.ts";
import type { Queue } from "../queue.ts";
import { replyOf } from "../redis/answers.ts";
import { type GroupKeys, groupKeys } from "../redis/keys.ts";
import type { CallLimits, StoreQueue } from "../store.ts";

/** The queue whose insides are looked at; of any payload. */
export type Inspected = Pick<Queue<never, unknown>, "resolved">;

/** Reads what Redis holds of one queue. */
export interface Reader {
  readonly queue: StoreQueue;
  readonly keys: GroupKeys;
  /** One round trip; the reply to each command, undefined where its key or group does not exist. */
  ask(...commands: readonly (readonly string[])[]): Promise<readonly unknown[]>;
}

/** @throws OptionError where the queue's store does not read commands. */
export function createReader({ resolved }: Inspected, limits: CallLimits = {}): Reader {
  const { store, storeQueue } = resolved;
  const { read } = store;
  if (typeof read !== "function") {
    throw new OptionError(
      "Expected a queue whose store is over Redis, got one whose store does not read commands. A memoryStore shows what it holds by `stream` and `tables`.",
    );
  }
  return {
    queue: storeQueue,
    keys: groupKeys(storeQueue),
    ask: async (...commands) => (await read(commands, limits)).map(replyOf),
  };
}
