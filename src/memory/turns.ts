import type { PartReply, TurnPart } from "../store.ts";
import { mayBePassedOver } from "../turn.ts";
import { sizeOf } from "./bytes.ts";
import { type Memory, streamOf } from "./memory.ts";
import { takeTurn } from "./turn-end.ts";

/** Turns over several queues in one step: mirrors priorities.lua. */
export function takeTurns(
  memory: Memory,
  parts: readonly TurnPart[],
  attempt: number,
): readonly PartReply[] {
  let room = 0;
  let roomBytes = 0;
  let asked = false;
  let occupied = false;
  const lost = parts.map((part) => attempt > 1 && hasLostClaims(memory, part));
  const isReplaying = lost.includes(true);

  return parts.map(({ queue, request }, index) => {
    const wants = request.claim > 0;
    if (wants && !asked) [room, roomBytes, asked] = [request.claim, request.maxBytes, true];
    if (roomBytes <= 0) room = 0;
    const claim = wants && (!isReplaying || lost[index]) ? room : 0;
    if (attempt === 1 && wants && claim === 0 && mayBePassedOver(request)) {
      return { claim, reply: undefined, error: undefined };
    }
    const suspects =
      (occupied || claim === 0) && request.suspects !== "no" ? "not now" : request.suspects;
    const narrowed = { ...request, claim, ...(wants ? { maxBytes: roomBytes, suspects } : {}) };
    const reply = takeTurn(memory, queue, narrowed, attempt);
    if (wants) {
      const bringsSuspects = reply.messages.some(({ crashes }) => crashes > 0);
      const goesOn = reply.kind === "ordinary" || (isReplaying && !bringsSuspects);
      room = goesOn ? room - reply.messages.length : 0;
      occupied ||= reply.messages.length > 0;
      if (index < parts.length - 1)
        for (const { fields } of reply.messages) roomBytes -= sizeOf(fields);
    }
    return { claim, reply, error: undefined };
  });
}

/** Whether it has handed out what the caller does not know of: that comes again before anything else. */
function hasLostClaims(memory: Memory, { queue, request }: TurnPart): boolean {
  const { held, complete, retry, dead, release, token } = request;
  const known = new Map(
    [...held, ...complete, ...retry, ...dead, ...release].map(({ id, delivery }) => [id, delivery]),
  );
  const group = streamOf(memory, queue.stream).groups.get(queue.group);
  const owned = group?.consumers.get(token)?.list() ?? [];
  return owned.some(({ id, deliveries }) => known.get(id) !== deliveries);
}
