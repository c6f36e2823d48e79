import type { StoreError } from "../errors.ts";
import type { SetAside, SliceReply } from "../list-slice.ts";
import type { ResolvedQueue } from "../queue-options.ts";
import { randomId } from "../random-id.ts";
import type { Store } from "../store.ts";
import type { ResolvedImport } from "./options.ts";
import { type ImportReport, type ImportStopped, REFUSALS_TOLD, type Refusal } from "./report.ts";
import type { Translation } from "./translate.ts";

/** How many items the first request shows: nobody knows yet how large they are. */
const FIRST_LOOK = 10;
/** Most bytes of items that one request shows. */
export const SLICE_BYTES = 1_000_000;

/** How the queue's store moves a slice. */
export type ImportSlice = NonNullable<Store["importSlice"]>;

/** One call of importList under way. */
export interface Import {
  readonly id: string;
  readonly queue: ResolvedQueue;
  readonly importSlice: ImportSlice;
  readonly options: ResolvedImport;
  readonly moved: Map<string, number>;
  readonly refusals: Refusal[];
  total: number;
  refused: number;
  requests: number;
  commands: number;
  /** Lists that may still have items, the items that come next, and how many to look at then. */
  lists: readonly string[];
  shown: readonly string[];
  showNext: number;
  /** Slices so far. */
  slice: number;
  /** How often in a row the item that comes next was not the one that was shown. */
  unlike: number;
}

/** How it ended. */
export interface End {
  readonly stopped: ImportStopped;
  readonly error?: StoreError;
}

export function startImport(
  queue: ResolvedQueue,
  importSlice: ImportSlice,
  options: ResolvedImport,
): Import {
  return {
    id: randomId(() => queue.store.random()),
    queue,
    importSlice,
    options,
    moved: new Map(options.lists.map((list) => [list, 0])),
    refusals: [],
    total: 0,
    refused: 0,
    requests: 0,
    commands: 0,
    lists: options.lists,
    shown: [],
    showNext: Math.min(FIRST_LOOK, options.batch),
    slice: 0,
    unlike: 0,
  };
}

/** Adds what a slice did, and turns to the next one. */
export function count(work: Import, reply: SliceReply, known: readonly Translation[]): void {
  for (const [i, moved] of reply.moved.entries()) {
    const list = work.lists[i] ?? "";
    work.moved.set(list, (work.moved.get(list) ?? 0) + moved);
    work.total += moved;
  }
  for (const aside of reply.setAside) {
    work.refused += 1;
    if (work.refusals.length < REFUSALS_TOLD) work.refusals.push(refusalOf(work, aside, known));
  }
  const idle = reply.setAside.length === 0 && reply.moved.every((moved) => moved === 0);
  work.unlike = idle && known[0] && reply.shown[0] === known[0].text ? work.unlike + 1 : 0;
  work.commands += reply.bill.commands;
  work.slice += 1;
  work.shown = reply.shown;
  work.lists = work.lists.slice(Math.min(reply.at, work.lists.length - 1));
  const units = reply.shown.reduce((sum, text) => sum + text.length, 0);
  const fitting = Math.floor((SLICE_BYTES * reply.shown.length) / Math.max(1, units));
  work.showNext = Math.max(1, Math.min(work.options.batch, fitting));
}

function refusalOf(work: Import, aside: SetAside, known: readonly Translation[]): Refusal {
  const { list, reason, bytes } = aside;
  const texts = {
    size: `Expected a payload of at most ${work.queue.maxPayload} bytes, got ${bytes}.`,
    utf8: "It is not UTF-8 text.",
  };
  const text = typeof reason === "number" ? (known[reason]?.reason ?? "") : texts[reason];
  return { list: work.lists[list] ?? "", reason: text, bytes };
}

export function writeReport(work: Import, { stopped, error }: End): ImportReport {
  const { queue, options } = work;
  return {
    queue: queue.name,
    moved: work.total,
    lists: Object.fromEntries(work.moved),
    refused: work.refused,
    refusals: work.refusals,
    stopped,
    more: stopped !== "empty",
    ...(error === undefined ? {} : { error }),
    requests: work.requests,
    commands: work.commands,
    elapsedMs: queue.store.now() - options.startedAt,
  };
}
