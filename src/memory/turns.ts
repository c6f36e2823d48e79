import type { PartReply, TurnPart } from "../store.ts";
import { mayBePassedOver } from "../turn.ts";
import { sizeOf } from "./bytes.ts";
import type { Memory } from "./memory.ts";
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

  return parts.map(({ queue, request }, index) => {
    const wants = request.claim > 0;
    if (wants && !asked) [room, roomBytes, asked] = [request.claim, request.maxBytes, true];
    if (roomBytes <= 0) room = 0;
    const claim = wants ? room : 0;
    if (attempt === 1 && wants && claim === 0 && mayBePassedOver(request)) {
      return { claim, reply: undefined, error: undefined };
    }
    const suspects =
      (occupied || claim === 0) && request.suspects !== "no" ? "not now" : request.suspects;
    const narrowed = { ...request, claim, ...(wants ? { maxBytes: roomBytes, suspects } : {}) };
    const reply = takeTurn(memory, queue, narrowed, attempt);
    if (wants) {
      room = reply.kind === "ordinary" ? room - reply.messages.length : 0;
      occupied ||= reply.messages.length > 0;
      if (index < parts.length - 1)
        for (const { fields } of reply.messages) roomBytes -= sizeOf(fields);
    }
    return { claim, reply, error: undefined };
  });
}
