import { compareIds } from "./entry-id.ts";

/** A map from entry ids to values, in the order of the ids. */
export interface IdMap<Value> {
  readonly size: number;
  get(id: string): Value | undefined;
  has(id: string): boolean;
  set(id: string, value: Value): void;
  delete(id: string): boolean;
  /** Values whose ids are not below `from`, in order, at most `count` of them. */
  list(from?: string, count?: number): Value[];
}

export function createIdMap<Value>(): IdMap<Value> {
  const values = new Map<string, Value>();
  // In order; it may still hold ids that were deleted, until they are the larger part.
  let ids: string[] = [];

  /** Where the first id that is not below this one is, or would be. */
  function positionOf(id: string): number {
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareIds(ids[middle] as string, id) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    get size() {
      return values.size;
    },
    get: (id) => values.get(id),
    has: (id) => values.has(id),

    set(id, value) {
      if (!values.has(id)) {
        const position = positionOf(id);
        if (ids[position] !== id) ids.splice(position, 0, id);
      }
      values.set(id, value);
    },

    delete(id) {
      const existed = values.delete(id);
      if (ids.length > 2 * values.size + 16) ids = ids.filter((other) => values.has(other));
      return existed;
    },

    list(from, count = Number.POSITIVE_INFINITY) {
      const found: Value[] = [];
      const start = from === undefined ? 0 : positionOf(from);
      for (let i = start; i < ids.length && found.length < count; i += 1) {
        const value = values.get(ids[i] as string);
        if (value !== undefined) found.push(value);
      }
      return found;
    },
  };
}
