import type { Bill, ClaimedEntry, PartReply, SurveyFindings, TurnReply } from "../store.ts";
import { orphansOf } from "./maintenance.ts";
import { asArray, asNumber, asText, asTexts } from "./reply.ts";
import { unexpectedStatus } from "./send.ts";

/** As limits.lua numbers them. */
const HELD_BACK = [undefined, "paused", "rate", "in flight", "passes"] as const;

/** Reads the reply of turn-end.lua, behind its `"ok"`. */
export function readTurnReply(reply: readonly unknown[], requests: number): TurnReply {
  const count = (index: number) => asNumber(reply[index]);
  const nextDue = count(14);
  const found = asArray(reply[18]);
  const bill: Bill = { requests, commands: count(2) };
  return {
    kind: asText(reply[3]) as TurnReply["kind"],
    messages: asArray(reply[4]).map(readMessage),
    lost: asTexts(reply[5]),
    uncertain: asTexts(reply[6]),
    gone: asTexts(reply[20]),
    waiting: readWaiting(asTexts(reply[21])),
    duplicates: count(7),
    deferred: count(8),
    dead: count(9),
    reclaimed: count(10),
    lostPayloads: count(11),
    trimmedUnread: count(12),
    suspectsLeft: count(13) === 1,
    nextDueAt: nextDue === 0 ? undefined : nextDue,
    createdGroup: count(15) === 1,
    pendingLimit: count(16) === 1,
    heldBack: HELD_BACK[count(17)],
    found: found.length === 0 ? undefined : readFindings(found),
    journaled: count(19) === 1,
    now: count(1),
    bill,
  };
}

/** Reads the reply of priorities.lua, behind its `"ok"`. The first part bears the requests. */
export function readTurnsReply(reply: readonly unknown[], requests: number): readonly PartReply[] {
  return asArray(reply[1]).map((part, index) => {
    const [claim, answer] = asArray(part);
    const values = asArray(answer);
    const status = asText(values[0]);
    const nothing = { claim: asNumber(claim), reply: undefined, error: undefined };
    if (status === "passed over") return nothing;
    if (status !== "ok") return { ...nothing, error: unexpectedStatus(values, requests) };
    return { ...nothing, reply: readTurnReply(values, index === 0 ? requests : 0) };
  });
}

function readMessage(reply: unknown): ClaimedEntry {
  const [id, fields, delivery = 1, crashes = 0] = asArray(reply);
  return {
    id: asText(id),
    delivery: asNumber(delivery),
    crashes: asNumber(crashes),
    fields: asTexts(fields),
  };
}

function readWaiting(list: readonly string[]): TurnReply["waiting"] {
  return list.flatMap((id, i) => (i % 2 === 0 ? [{ id, key: list[i + 1] ?? "" }] : []));
}

function readFindings(reply: readonly unknown[]): SurveyFindings {
  const [count, firstId] = asText(reply[5]).split(" ");
  return {
    keep: asNumber(reply[0]) === 1,
    nextAt: asNumber(reply[1]),
    leftovers: asNumber(reply[2]),
    groups: asTexts(reply[3]),
    sweeping: asNumber(reply[4]) === 1,
    orphans: orphansOf(count || 0, firstId),
  };
}
