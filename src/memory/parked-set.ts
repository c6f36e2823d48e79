import type { GroupTables, Parked } from "./memory.ts";

/** Each parked message has a record beside the set, which proves that it waits where the set gets lost. */
export function parkWithRecord({ parked, due }: GroupTables, message: Parked): void {
  due.set(message.id, message);
  parked.set(message.id, message);
}

export function unpark({ parked, due }: GroupTables, id: string): void {
  parked.delete(id);
  due.delete(id);
}

/**
 * From here on the set proves what is not parked. One that has no marker yet, and fewer messages than records, was
 * lost already. The records are made anew: a release that keeps none may have claimed what has one.
 */
export function mark(tables: GroupTables): void {
  const { parked, due, markers, state } = tables;
  if (!markers.parked && isShort(tables)) return;
  due.clear();
  for (const [id, message] of parked) due.set(id, message);
  markers.parked = markers.due = true;
  state.marked = true;
}

/** Nothing is parked, and no record says that the set was lost. */
export function holdsNothing(tables: GroupTables): boolean {
  return tables.parked.size === 0 && !recordsAreAlone(tables);
}

/** There are records, and nothing of the set. */
export function recordsAreAlone({ parked, due, markers }: GroupTables): boolean {
  return parked.size === 0 && !markers.parked && (due.size > 0 || markers.due);
}

/** Whether the set has fewer messages than there are records of. */
export function isShort({ parked, due, markers }: GroupTables): boolean {
  return parked.size + Number(markers.parked) < due.size + Number(markers.due);
}

export function isMarkerLost({ markers, state }: GroupTables): boolean {
  return state.marked === true && !markers.parked;
}
