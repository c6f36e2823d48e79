// The queues of the frozen fixtures, as the release that stored them and every later one describe them.

import { createQueue, type Queue, type Store } from "../../src/index.ts";

export interface FrozenQueues {
  readonly plain: Queue<string>;
  readonly deduplicated: Queue<string>;
  readonly kept: Queue<string>;
  readonly audit: Queue<string>;
  readonly limited: Queue<string>;
}

export function frozenQueues(store: Store): FrozenQueues {
  const kept = {
    store,
    name: "frozen:kept",
    shared: true,
    keepResults: true,
    retention: { count: 1_000 },
  } as const;
  return {
    plain: createQueue<string>({
      store,
      name: "frozen:plain",
      maxFailures: 2,
      backoff: { initial: "1 h", max: "1 h", jitter: "none" },
    }),
    deduplicated: createQueue<string>({ store, name: "frozen:deduplicated", deduplicate: true }),
    kept: createQueue<string>(kept),
    audit: createQueue<string>({ ...kept, group: "audit" }),
    limited: createQueue<string>({
      store,
      name: "frozen:limited",
      rateLimit: { limit: 2, per: "1 h" },
      maxInFlight: 10,
      maxPasses: 1,
      wake: { kick: async () => {} },
    }),
  };
}

/** A fixture: what Redis held, at a time, and what is still to be done. */
export interface Fixture {
  readonly release: string;
  /** Milliseconds since 1970, by the server's clock. */
  readonly frozenAt: number;
  /** `value` is what DUMP gave, in base64; `ttl` is in milliseconds, -1 if the key stays. */
  readonly keys: readonly { readonly key: string; readonly ttl: number; readonly value: string }[];
  /** Ids whose results were kept. */
  readonly results: readonly string[];
}
