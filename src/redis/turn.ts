import type {
  Bill,
  ClaimedEntry,
  Delivery,
  PartReply,
  StoreQueue,
  SurveyFindings,
  TurnPart,
  TurnReply,
  TurnRequest,
} from "../store.ts";
import { mayBePassedOver, textOf } from "../turn.ts";
import { groupKeys } from "./keys.ts";
import { asArray, asNumber, asText, asTexts } from "./reply.ts";
import type { Attempt } from "./resend.ts";
import { retentionArgs } from "./retention.ts";
import { callOf, defineRepeated, defineScript, placeOf, type ScriptCall } from "./script.ts";
import { unexpectedStatus } from "./send.ts";

const TURN = {
  keys: [
    "stream",
    "parked_key",
    "state_key",
    "dead_key",
    "keys_key",
    "ids_key",
    "crashes_key",
    "results_key",
    "delayed_key",
    "bodies_key",
    "starts_key",
    "passes_key",
    "stats_key",
    "journal_key",
  ],
  moreKeys: ["passes_key", "stats_key", "journal_key"],
  args: {
    group: "text",
    token: "text",
    attempt: "number",
    not_after: "number",
    final: "number",
    renew: "number",
    survey: "number",
    claim: "number",
    max_bytes: "number",
    size_hint: "number",
    probe: "number",
    lease: "number",
    gate: "number",
    max_deliveries: "number",
    on_crash: "text",
    suspects: "number",
    suspect_batch: "number",
    keep: "number",
    shared: "number",
    retain: "text",
    retain_value: "number",
    key_field: "text",
    window: "number",
    keyed: "number",
    dedupe: "number",
    housekeeping: "number",
    keep_results: "number",
    start: "more text",
    max_in_flight: "more number",
    rate_limit: "more number",
    rate_per: "more number",
    max_passes: "more number",
    pass: "more text",
    leaving: "more number",
    dead_trim: "more text",
    dead_trim_value: "more number",
    held: "number",
    complete: "number",
    retry: "number",
    dead: "number",
    release: "number",
    crashed: "number",
    track: "more number",
    totals: "more number",
    overhead: "more number",
    times: "more number",
    shown: "more number",
    reason: "more text",
    turn_name: "more text",
  },
  freesMemory: true,
  fragments: [
    "turn-begin",
    "fields",
    "holders",
    "group",
    "fence",
    "settle",
    "dead-letters",
    "held",
    "sweep",
    "suspects",
    "promote",
    "limits",
    "parked",
    "new",
    "keys",
    "replay",
    "leftovers",
    "journal",
    "turn-end",
  ],
} as const;

/** The turn: settles what is in hand and claims more, in one round trip. */
export const turnScript = defineScript("turn", TURN);

/** Turns over several queues in one step, each claiming what those before it have left. */
export const turnsScript = defineRepeated("turns", TURN, {
  args: {
    parts: "number",
    key_count: "number",
    claim_place: "number",
    max_bytes_place: "number",
    suspects_place: "number",
    not_after_place: "number",
  },
  fragment: "priorities",
});

/** As limits.lua numbers them. */
const HELD_BACK = [undefined, "paused", "rate", "in flight", "passes"] as const;
const SUSPECTS = { no: 0, first: 1, last: 2, "not now": 3 } as const;
const TRACK = { never: 0, ending: 1, now: 2 } as const;
const flag = (value: boolean): number => (value ? 1 : 0);

export function turnCall(
  queue: StoreQueue,
  request: TurnRequest,
  attempt: Pick<Attempt, "number" | "notAfter">,
): ScriptCall {
  const keys = groupKeys(queue);
  const retain = retentionArgs(queue.retention);
  const deadTrim = retentionArgs(queue.deadLetterRetention);
  const found = request.found;
  const crashed = crashedIds(request);
  const { journal } = request;
  return callOf(
    turnScript,
    {
      stream: keys.stream,
      parked_key: keys.parked,
      state_key: keys.state,
      dead_key: keys.dead,
      keys_key: keys.keys,
      ids_key: keys.ids,
      crashes_key: keys.crashes,
      results_key: keys.results,
      delayed_key: keys.delayed,
      bodies_key: keys.bodies,
      starts_key: keys.starts,
      passes_key: keys.passes,
      stats_key: keys.stats,
      journal_key: keys.journal,
    },
    {
      group: queue.group,
      token: request.token,
      attempt: attempt.number,
      not_after: attempt.notAfter,
      final: flag(request.final),
      renew: flag(request.renew),
      survey: request.survey ? (found === undefined ? 1 : 2) : 0,
      claim: request.claim,
      max_bytes: request.maxBytes,
      size_hint: Math.ceil(request.sizeHint),
      probe: request.probe,
      lease: found?.leaseMs ?? queue.leaseMs,
      gate: queue.gateMs,
      max_deliveries: queue.maxDeliveries,
      on_crash: queue.onCrash,
      suspects: SUSPECTS[request.suspects],
      suspect_batch: request.suspectBatch,
      keep: flag(found?.keep ?? (queue.shared || queue.retention !== undefined)),
      shared: flag(queue.shared),
      retain: retain.kind,
      retain_value: retain.value,
      key_field: queue.keyField,
      window: queue.windowMs,
      keyed: flag(request.keyed),
      dedupe: flag(queue.deduplicate),
      housekeeping: flag(request.housekeeping),
      keep_results: flag(queue.keepResults),
      start: queue.start,
      max_in_flight: queue.maxInFlight ?? 0,
      rate_limit: queue.rateLimit?.limit ?? 0,
      rate_per: queue.rateLimit?.perMs ?? 0,
      max_passes: queue.maxPasses ?? 0,
      pass: request.pass,
      leaving: flag(request.leaving),
      dead_trim: deadTrim.kind,
      dead_trim_value: deadTrim.value,
      held: request.held.length,
      complete: request.complete.length,
      retry: request.retry.length,
      dead: request.dead.length,
      release: request.release.length,
      crashed: crashed.length,
      track: TRACK[journal?.when ?? "never"],
      totals: journal?.totals.length ?? 0,
      overhead: journal?.overhead.length ?? 0,
      times: journal?.times.length ?? 0,
      shown: journal?.shown.length ?? 0,
      reason: journal?.reason ?? "",
      turn_name: journal?.turn ?? "",
    },
    { list: [...outcomeList(queue, request), ...crashed, ...journalList(journal)] },
  );
}

/** One call for several queues, in the order in which they claim. */
export function turnsCall(
  parts: readonly TurnPart[],
  attempt: Pick<Attempt, "number" | "notAfter">,
): ScriptCall {
  const calls = parts.map(({ queue, request }) => turnCall(queue, request, attempt));
  const widths = parts.flatMap(({ request }, i) => [
    String(calls[i]?.args.length),
    String(flag(attempt.number === 1 && mayBePassedOver(request))),
  ]);
  return callOf(
    turnsScript,
    {},
    {
      parts: parts.length,
      key_count: turnScript.keys.length,
      claim_place: placeOf(turnScript, "claim"),
      max_bytes_place: placeOf(turnScript, "max_bytes"),
      suspects_place: placeOf(turnScript, "suspects"),
      not_after_place: placeOf(turnScript, "not_after"),
    },
    {
      keys: calls.flatMap(({ keys }) => keys),
      list: [...widths, ...calls.flatMap(({ args }) => args)],
    },
  );
}

/**
 * The lists behind the named arguments, in the order and the columns that fence.lua reads: a key
 * only where the pass has met keys, a result only where results are kept.
 */
function outcomeList(queue: StoreQueue, request: TurnRequest): string[] {
  const list: string[] = [];
  const row = ({ id, delivery, key }: Delivery) => {
    list.push(delivery === 1 ? id : `${id}/${delivery}`);
    if (request.keyed) list.push(key);
  };
  request.held.forEach(row);
  for (const outcome of request.complete) {
    row(outcome);
    if (queue.keepResults) list.push(outcome.result ?? "");
  }
  for (const outcome of request.retry) {
    row(outcome);
    list.push(String(outcome.delayMs));
  }
  for (const outcome of request.dead) {
    row(outcome);
    list.push(outcome.reason, textOf(outcome), String(outcome.failures));
  }
  for (const outcome of request.release) {
    row(outcome);
    list.push(String(outcome.delayMs));
  }
  return list;
}

/** Those that may have a crash record, which goes when they are done. Usually none. */
function crashedIds({ complete, retry, dead, release }: TurnRequest): string[] {
  return [complete, retry, dead, release].flatMap((outcomes) =>
    outcomes.filter((outcome) => outcome.crashed === true).map(({ id }) => id),
  );
}

/** What the turn writes down where it ends the pass: names and numbers, as journal.lua reads them. */
function journalList(journal: TurnRequest["journal"]): string[] {
  if (journal === undefined) return [];
  const { totals, overhead, times, shown } = journal;
  return [...totals, ...overhead, ...times, ...shown].flatMap(([name, amount]) => [
    name,
    String(amount),
  ]);
}

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

function readFindings(reply: readonly unknown[]): SurveyFindings {
  return {
    leaseMs: asNumber(reply[0]),
    keep: asNumber(reply[1]) === 1,
    nextAt: asNumber(reply[2]),
    leftovers: asNumber(reply[3]) === 1,
    groups: asTexts(reply[4]),
    sweeping: asNumber(reply[5]) === 1,
  };
}
