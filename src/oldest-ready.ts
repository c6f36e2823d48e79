// How long the oldest ready message has waited, from one plain look: exactly where it is the first or
// the last entry of the stream, else as a bound.

/** Ids are pairs of numbers: `milliseconds-sequence`. */
export function comesAfter(id: string, other: string): boolean {
  return millisecondsOf(id) === millisecondsOf(other)
    ? sequenceOf(id) > sequenceOf(other)
    : millisecondsOf(id) > millisecondsOf(other);
}

/** When an entry was added, as its id tells. */
export function millisecondsOf(id: string): number {
  return Number(id.split("-", 1)[0]);
}

function sequenceOf(id: string): number {
  const dash = id.indexOf("-");
  return dash === -1 ? 0 : Number(id.slice(dash + 1));
}

/** Undefined where nothing is ready. */
export function estimateAge(look: {
  readonly now: number;
  /** The id up to which the group has read. */
  readonly position: string;
  readonly ready: { readonly count: number; readonly exact: boolean };
  readonly stream:
    | { readonly firstId: string | undefined; readonly lastId: string | undefined }
    | undefined;
  /** When a pass found nothing that was ready; 0 where none did. */
  readonly emptyAt: number;
}): { readonly ms: number; readonly exact: boolean } | undefined {
  const { now, position, ready, stream, emptyAt } = look;
  if (ready.count === 0) return undefined;
  const since = (ms: number) => Math.max(0, now - ms);
  const { firstId, lastId } = stream ?? {};
  if (firstId !== undefined && comesAfter(firstId, position)) {
    return { ms: since(millisecondsOf(firstId)), exact: true };
  }
  if (lastId !== undefined && ready.count === 1 && ready.exact) {
    return { ms: since(millisecondsOf(lastId)), exact: true };
  }
  // It was added behind what was delivered last, and after a pass that found nothing.
  return { ms: since(Math.max(millisecondsOf(position), emptyAt)), exact: false };
}
