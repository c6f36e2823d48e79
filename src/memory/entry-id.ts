// Entry ids are `milliseconds-sequence`; they are ordered as pairs of numbers, not as text.

export const FIRST_ID = "0-0";

export function millisecondsOf(id: string): number {
  return Number(id.slice(0, id.indexOf("-")));
}

function sequenceOf(id: string): number {
  return Number(id.slice(id.indexOf("-") + 1));
}

/** Below zero where `a` comes first. */
export function compareIds(a: string, b: string): number {
  return millisecondsOf(a) - millisecondsOf(b) || sequenceOf(a) - sequenceOf(b);
}

/** The smallest id after this one. */
export function idAfter(id: string): string {
  return `${millisecondsOf(id)}-${sequenceOf(id) + 1}`;
}

/** The id of an entry that is added now: later than the last one, whatever the clock says. */
export function newId(last: string, now: number): string {
  return now > millisecondsOf(last) ? `${now}-0` : idAfter(last);
}
