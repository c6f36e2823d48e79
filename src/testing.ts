/**
 * A store in memory for tests of handlers, with a clock and a network that the test controls.
 * @module
 */

// biome-ignore-start lint/style/noRestrictedImports: an entry point of its own, not a part of the core.
import { createMemoryStore, type MemoryStore } from "./memory/store.ts";
import { systemClock } from "./redis/clock.ts";
import type { Clock } from "./store.ts";

export type { ConsumerGroup, Pending } from "./memory/consumer-group.ts";
export type { Fault, FaultPlan, StoreOperation } from "./memory/faults.ts";
export { faultyStore, type MemoryStore } from "./memory/store.ts";
export type { Entry, Stream } from "./memory/stream.ts";
export { type VirtualClock, virtualClock } from "./memory/virtual-clock.ts";
// biome-ignore-end lint/style/noRestrictedImports: see above.

/**
 * A store that keeps everything in memory and does what the scripts in Redis do. With a clock of the
 * test's own, leases and retries are over when the test says so. Its bills count requests, and no
 * commands: there are none.
 *
 * @example
 * const orders = createQueue<Order>({ name: "orders", store: memoryStore() });
 */
export function memoryStore(options: { readonly clock?: Clock } = {}): MemoryStore {
  return createMemoryStore(options.clock ?? systemClock);
}
