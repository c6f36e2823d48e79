import { StoreError } from "../errors.ts";
import { refuse } from "../expect.ts";
import type { SliceReply } from "../list-slice.ts";
import type { Queue } from "../queue.ts";
import { slicesOverRedis } from "../redis/import-list.ts";
import type { ScriptRunner } from "../redis/store.ts";
import type { Store } from "../store.ts";
import { type ImportOptions, resolveImport } from "./options.ts";
import {
  count,
  type End,
  type Import,
  type ImportSlice,
  SLICE_BYTES,
  startImport,
  writeReport,
} from "./progress.ts";
import type { ImportReport, ImportStopped } from "./report.ts";
import { translateAll } from "./translate.ts";

/**
 * Moves the items of a list that served as a queue (LPUSH, BRPOPLPUSH or LMOVE) into the stream, the
 * oldest first, and before them those of its backup lists. Each item is moved by one atomic script and
 * only if it is still there: killed at any point, sent again, beside producers, workers or another
 * import, it loses none and doubles none. Call it again until `more` is false.
 *
 * An item that cannot be a message goes to the list `<list>:refused`, unchanged, and into the report.
 *
 * @example
 * const { moved, more } = await importList(orders, "q1", { backups: ["q1:worker-1"] });
 * @returns what was moved; a store that failed in the middle is told by `stopped: "store"`.
 * @throws OptionError for an option that cannot be used, before any I/O.
 * @throws StoreError when nothing could be moved, as where a key holds another type.
 */
export async function importList<Input>(
  queue: Queue<Input, unknown>,
  list: string,
  options: ImportOptions<Input> = {},
): Promise<ImportReport> {
  const resolved = queue?.resolved;
  if (typeof resolved?.store?.turn !== "function") {
    refuse("queue", "a queue made by createQueue", queue);
  }
  const importSlice = importSliceOf(resolved.store);
  const work = startImport(resolved, importSlice, resolveImport(resolved, list, options));
  const end = await runSlices(work);
  return writeReport(work, end);
}

function importSliceOf(store: Store & Partial<ScriptRunner>): ImportSlice {
  if (store.importSlice !== undefined) return store.importSlice;
  const { runScript } = store;
  if (runScript !== undefined) return slicesOverRedis({ runScript });
  return refuse("queue", "one whose store is xdrain's own, and can read lists", store);
}

async function runSlices(work: Import): Promise<End> {
  for (;;) {
    const stopped = mustStop(work);
    if (stopped !== undefined) return { stopped };
    const reply = await nextSlice(work).catch((error: unknown) => failure(work, error));
    if (reply instanceof StoreError) return { stopped: "store", error: reply };
    if (!reply.left) return { stopped: "empty" };
  }
}

function mustStop(work: Import): ImportStopped | undefined {
  const { options, queue } = work;
  if (options.signal?.aborted === true) return "aborted";
  if (queue.store.now() >= options.deadline) return "deadline";
  if (work.total >= options.maxMessages) return "messages";
  if (work.refused >= options.maxRefused) return "refused";
  // The server may not know the script any more: then a call takes two.
  return options.maxRequests - work.requests < 2 ? "requests" : undefined;
}

/** An error after which the report is more use than the error; throws where nothing was done. */
function failure(work: Import, error: unknown): StoreError {
  const told = error instanceof StoreError ? explain(error, work.options.lists) : error;
  if (told instanceof StoreError && (work.total > 0 || work.refused > 0)) return told;
  throw told;
}

function explain(error: StoreError, lists: readonly string[]): StoreError {
  if (error.code !== "store_cross_slot") return error;
  const text = `On a Cluster the lists and the stream must share a hash tag, got ${lists.join(", ")}. Copy each list to such a name first (DUMP, RESTORE); docs/moving-over.md shows how.`;
  const { requests, uncertain } = error;
  return new StoreError(error.code, text, { cause: error, requests, uncertain });
}

/** Moves what the slice before showed, and looks at the next one. */
async function nextSlice(work: Import): Promise<SliceReply> {
  const { queue, options, shown, lists } = work;
  const known = await translateAll(queue, options, shown);
  const reply = await work.importSlice(
    queue.storeQueue,
    {
      importId: work.id,
      slice: work.slice,
      lists,
      oldest: options.oldest,
      check: work.slice === 0,
      known,
      expected: shown.length,
      mayMove: options.maxMessages - work.total,
      maySetAside: options.maxRefused - work.refused,
      show: work.showNext,
      showBytes: SLICE_BYTES,
      maxItem: queue.maxPayload,
    },
    {
      deadline: options.deadline,
      mayRequest() {
        if (work.requests >= options.maxRequests) return false;
        work.requests += 1;
        return true;
      },
    },
  );
  count(work, reply, known);
  if (reply.error !== undefined) throw reply.error;
  if (work.unlike >= 3) throw altered(work.lists[0]);
  return reply;
}

/** Nobody else takes the item, and still it is not what was shown: this would go on for ever. */
function altered(list = ""): StoreError {
  const text = `The oldest item of "${list}" does not come as it is: something between here and Redis changes it. Nothing more was moved.`;
  return new StoreError("store_refused", text, {});
}
