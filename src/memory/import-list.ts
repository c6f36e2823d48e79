import { StoreError } from "../errors.ts";
import {
  type AsideReason,
  refusedList,
  type SetAside,
  type SliceReply,
  type SliceRequest,
} from "../list-slice.ts";
import type { StoreQueue } from "../store.ts";
import { listOf } from "./lists.ts";
import { type Memory, sharedStreamOf } from "./memory.ts";

type Done = Omit<SliceReply, "bill">;

/**
 * Moves the oldest items of lists into the stream, and shows the ones behind them. Called again, as
 * when a response was lost, it moves nothing more and tells what it did the first time.
 */
export function importSlice(memory: Memory, queue: StoreQueue, request: SliceRequest): () => Done {
  let first: Done | undefined;
  return () => {
    if (first !== undefined) return { ...showFrom(memory, request, 0), ...doneBy(first) };
    first = moveSlice(memory, queue, request);
    return first;
  };
}

function doneBy({ moved, setAside, error }: Done) {
  return { moved, setAside, error };
}

function moveSlice(memory: Memory, queue: StoreQueue, request: SliceRequest): Done {
  const groups = memory.streams.get(queue.stream)?.groups;
  if (request.check && queue.start !== "0" && groups?.has(queue.group) !== true) {
    const text = `Expected the group "${queue.group}" to be there: it would be made behind what is imported.`;
    return { ...showFrom(memory, request, 0), error: new StoreError("store_refused", text, {}) };
  }
  const known = new Map(request.known.map((item, i) => [item.text, { ...item, reason: i }]));
  const moved = request.lists.map(() => 0);
  const setAside: SetAside[] = [];
  let { mayMove, maySetAside } = request;

  /** Copies an item to where it belongs; false where it stays. */
  function copy(list: number, text: string): boolean {
    const item = known.get(text);
    const bytes = byteLength(text);
    const reason = item === undefined ? unfit(bytes, request) : refusalOf(item);
    if (reason !== undefined && maySetAside > 0) {
      maySetAside -= 1;
      const aside = listOf(memory, refusedList(request.lists[list] ?? ""));
      if (request.oldest === "left") aside.push(text);
      else aside.unshift(text);
      setAside.push({ list, reason, bytes });
      return true;
    }
    if (reason !== undefined || item?.fields === undefined || mayMove === 0) return false;
    mayMove -= 1;
    sharedStreamOf(memory, queue).add(item.fields);
    moved[list] = (moved[list] ?? 0) + 1;
    return true;
  }

  for (const [at, name] of request.lists.entries()) {
    const list = listOf(memory, name);
    let oldest = oldestOf(list, request, 1)[0];
    while (oldest !== undefined && copy(at, oldest)) {
      if (request.oldest === "left") list.shift();
      else list.pop();
      oldest = oldestOf(list, request, 1)[0];
    }
    if (oldest !== undefined) return { ...showFrom(memory, request, at), moved, setAside };
  }
  return { ...showFrom(memory, request, request.lists.length), moved, setAside };
}

/** The items that come next, up to one that nobody may see. */
function showFrom(memory: Memory, request: SliceRequest, at: number): Done {
  const shown: string[] = [];
  let bytes = 0;
  let left = false;
  for (const name of request.lists.slice(at)) {
    const items = oldestOf(listOf(memory, name), request, request.show + 1);
    for (const text of items) {
      left = true;
      const size = byteLength(text);
      const full = shown.length >= request.show || bytes + size > request.showBytes;
      if ((full && shown.length > 0) || unfit(size, request) !== undefined) {
        return { moved: [], setAside: [], error: undefined, shown, left, at };
      }
      shown.push(text);
      bytes += size;
    }
  }
  return { moved: [], setAside: [], error: undefined, shown, left, at };
}

function oldestOf(list: readonly string[], { oldest }: SliceRequest, count: number): string[] {
  return oldest === "left" ? list.slice(0, count) : list.slice(-count).reverse();
}

function unfit(bytes: number, { maxItem }: SliceRequest): AsideReason | undefined {
  return bytes > maxItem ? "size" : undefined;
}

function refusalOf(item: {
  readonly fields: readonly string[] | undefined;
  readonly reason: number;
}): AsideReason | undefined {
  return item.fields === undefined ? item.reason : undefined;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
