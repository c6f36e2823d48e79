import { ID_FIELD } from "../fields.ts";
import { type Delayed, delayedOf } from "./memory.ts";
import { isNextDue, type Turn } from "./turn-begin.ts";

const PROMOTED_AT_ONCE = 100;

/** Delayed messages that are due go into the stream; learns when the next one is. */
export function promote(turn: Turn): void {
  const { memory, queue, now, stream } = turn;
  const waiting = delayedOf(memory, queue.stream);
  const most = Math.min(turn.claim, PROMOTED_AT_ONCE);
  const inOrder = byDueTime(waiting);
  for (const [index, [id, { due, fields }]] of inOrder.slice(0, most + 1).entries()) {
    if (due > now || index === most) {
      isNextDue(turn, due);
      return;
    }
    const entry = stream.add([ID_FIELD, id, ...fields]);
    if (id.endsWith("-k")) memory.moved.set(id, entry);
    waiting.delete(id);
    countPromoted(turn);
  }
}

/** The survey was made before. */
function countPromoted(turn: Turn): void {
  if (turn.survey === undefined) return;
  const { length, unread, firstMs = turn.now } = turn.survey;
  const more = unread === undefined ? undefined : unread + 1;
  turn.survey = { ...turn.survey, length: length + 1, firstMs, unread: more };
}

function byDueTime(waiting: ReadonlyMap<string, Delayed>): [string, Delayed][] {
  return [...waiting].sort(([a, { due: dueA }], [b, { due: dueB }]) => {
    return dueA - dueB || (a < b ? -1 : 1);
  });
}
