import type { QueueOptions, Store } from "../../src/index.ts";
import { createQueue, type Queue } from "../../src/index.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import type { MemoryStore } from "../../src/testing.ts";
import type { Target } from "../conformance/target.ts";
import { memoryTarget, restTarget, tcpTarget } from "../conformance/targets.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";

/** The stores whose statistics are the same. */
export const TARGETS = ["memory", "tcp", "rest"] as const;

/** A store to look at, and ways to put into it what passes would have written. */
export interface Looked {
  readonly target: Target;
  queue(options?: Partial<QueueOptions>): Queue<unknown>;
  /** Writes counters as the turn that ends a pass does. */
  count(queue: Queue<unknown>, counters: Readonly<Record<string, string | number>>): Promise<void>;
  close(): Promise<void>;
}

export async function openTarget(name: (typeof TARGETS)[number]): Promise<Looked> {
  if (name === "memory") {
    const target = await memoryTarget();
    const store = target.store as MemoryStore;
    return {
      ...common(target),
      async count({ resolved }, counters) {
        const { stats } = store.tables(resolved.storeQueue);
        for (const [field, value] of Object.entries(counters)) stats.set(field, value);
      },
    };
  }
  const target = await (name === "tcp" ? tcpTarget() : restTarget());
  const redis = connectRaw();
  return {
    ...common(target),
    async count({ resolved }, counters) {
      await redis.hset(groupKeys(resolved.storeQueue).stats, counters);
    },
    async close() {
      redis.disconnect();
      await target.close();
    },
  };
}

function common(target: Target) {
  return {
    target,
    queue: (options: Partial<QueueOptions> = {}) => queueOn(target.store, options),
    close: () => target.close(),
  };
}

export function queueOn(store: Store, options: Partial<QueueOptions> = {}): Queue<unknown> {
  return createQueue({ name: uniqueName(), store, ...options });
}
