import { describeStats } from "../../src/describe-stats.ts";
import type { Facts, GroupFacts } from "../../src/doctor/facts.ts";
import { createQueue } from "../../src/index.ts";
import type { PassRecord } from "../../src/inspect/index.ts";
import { type QueueStats, TOTALS, type Totals } from "../../src/statistics.ts";
import { memoryStore } from "../../src/testing.ts";

export const NOW = 1_800_000_000_000;
const LAST = `${NOW - 1_000}-0`;

/** What is read of a queue that nothing is wrong with, and whatever else a test has seen. */
export function factsOf(seen: Partial<Facts> = {}): Facts {
  const { resolved } = createQueue({ name: "orders", store: memoryStore() });
  return {
    queue: { ...resolved.storeQueue, name: "orders" },
    groupIsNamed: false,
    server: serverOf(),
    streamIs: "there",
    stream: { length: 0, added: 100, firstId: undefined, lastId: LAST },
    newest: [],
    groups: [groupOf()],
    moreGroups: 0,
    stats: statsOf(),
    state: new Map(),
    passes: [],
    waiting: { parkedDueAt: undefined, delayedDueAt: undefined, timeless: 0 },
    expiring: [],
    neighbours: undefined,
    later: undefined,
    unseen: [],
    ...seen,
  };
}

export function serverOf(seen: Partial<Facts["server"]> = {}): Facts["server"] {
  return {
    now: NOW,
    aheadMs: 0,
    roundTripMs: 1,
    info: undefined,
    snapshots: undefined,
    user: undefined,
    clients: undefined,
    ...seen,
  };
}

export function groupOf(seen: Partial<GroupFacts> = {}): GroupFacts {
  return {
    name: "xdrain",
    own: true,
    drained: true,
    pending: 0,
    consumers: 1,
    lastDelivered: LAST,
    entriesRead: 100,
    lag: 0,
    consumerList: [{ name: "xd:suspects", kind: "suspects", pending: 0, idleMs: 1 }],
    oldestPending: [],
    withoutEntry: [],
    ...seen,
  };
}

export function statsOf(seen: Partial<QueueStats> = {}): QueueStats {
  const stats = describeStats({
    now: NOW,
    stream: { length: 0, added: 100, firstId: undefined, lastId: LAST },
    group: undefined,
    start: "0",
    parked: 0,
    delayed: 0,
    dead: 0,
    bytes: 0,
    counters: new Map([["last", NOW - 1_000]]),
  });
  return { ...stats, ready: 0, oldestReadyAgeMs: undefined, ...seen };
}

export function passOf(seen: Partial<PassRecord>): PassRecord {
  const totals = Object.fromEntries(TOTALS.map((name) => [name, 0])) as unknown as Totals;
  return {
    ...totals,
    ...{ id: "1-0", at: new Date(NOW), stopped: "empty", elapsedMs: 0, backlog: 0 },
    ...{ ran: 0, ranMs: 0, waited: 0, waitedMs: 0, claimed: 0 },
    ...seen,
  };
}
