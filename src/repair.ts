import { oneOf, onlyKnown, refuse } from "./expect.ts";
import type { ResolvedQueue } from "./queue-options.ts";
import type { CallLimits, Orphans } from "./store.ts";

export interface RepairOptions {
  /**
   * What becomes of orphans: they run (again, if they were done), or they are removed from the stream without
   * running. @default nothing: they are counted
   */
  readonly orphans?: "run" | "discard";
  /** Of the first orphan to decide on. @default the first there is */
  readonly from?: `${number}-${number}`;
  /** Of the last one. @default the last there is */
  readonly to?: `${number}-${number}`;
}

export interface RepairReport {
  /** Messages brought back that the loss of a key hid: they wait for their retry, as before. */
  readonly repaired: number;
  /** Entries that the group has read, and that nothing proves to be done or to wait; after a decision, those decided. */
  readonly orphans: Orphans | undefined;
}

/** How a pass looks: which group of the stream, how far, and what made it look. */
interface Look {
  readonly group: string;
  readonly calls: number;
  readonly seen: string;
}

/**
 * Brings back messages that the loss of a key hid, by the records of them in another. What no record names is
 * counted, and left to a person.
 */
export async function repairQueue(
  queue: ResolvedQueue,
  options: RepairOptions,
  limits: CallLimits,
  look?: Look,
): Promise<RepairReport> {
  onlyKnown("repair", options, ["orphans", "from", "to"]);
  const decide = options.orphans && oneOf("orphans", options.orphans, ["run", "discard"]);
  const [from, to] = (["from", "to"] as const).map((option) => {
    const id = options[option];
    const isFit = id === undefined || (decide !== undefined && /^\d+-\d+$/.test(id));
    return isFit ? id : refuse(option, "an entry's id, given with `orphans`", id);
  });
  const { store, storeQueue } = queue;
  const { group = storeQueue.group, seen = "" } = look ?? {};
  let repaired = 0;
  let orphans: Orphans | undefined;
  let cursor: string | undefined;
  let calls = look?.calls ?? Infinity;
  do {
    calls -= 1;
    const request = { cursor, from, to, decide, seen, orphans };
    const reply = await store.repair({ ...storeQueue, group }, request, limits);
    repaired += reply.restored;
    ({ cursor, orphans } = reply);
  } while (cursor !== undefined && calls > 0);
  return { repaired, orphans };
}
