import { OptionError } from "../errors.ts";
import type { Queue } from "../queue.ts";
import { replyOf } from "../redis/answers.ts";
import { type GroupKeys, groupKeys } from "../redis/keys.ts";
import type { ScriptRunner } from "../redis/store.ts";
import type { CallLimits, Store, StoreQueue } from "../store.ts";

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
  if (typeof read !== "function") throw notOverRedis("does not read commands");
  return {
    queue: storeQueue,
    keys: groupKeys(storeQueue),
    ask: async (...commands) => (await read(commands, limits)).map(replyOf),
  };
}

/**
 * What runs a script that the store does not bring.
 * @throws OptionError where the queue's store runs none.
 */
export function scriptRunner({ resolved }: Inspected): ScriptRunner["runScript"] {
  const { runScript } = resolved.store as Store & Partial<ScriptRunner>;
  if (typeof runScript !== "function") throw notOverRedis("runs no scripts");
  return runScript;
}

function notOverRedis(what: string): OptionError {
  return new OptionError(
    `Expected a queue whose store is over Redis, got one whose store ${what}. A memoryStore shows what it holds by \`stream\` and \`tables\`.`,
  );
}
