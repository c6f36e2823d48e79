import type { Delivery, StoreQueue, TurnPart, TurnRequest } from "../store.ts";
import { mayBePassedOver, textOf } from "../turn.ts";
import type { Attempt } from "./resend.ts";
import { retentionArgs } from "./retention.ts";
import { callOf, callTogether, type ScriptCall } from "./script.ts";
import { declaredBy } from "./send.ts";
import { turnScript } from "./turn-script.ts";

const SUSPECTS = { no: 0, first: 1, last: 2, "not now": 3 } as const;
const TRACK = { never: 0, ending: 1, now: 2 } as const;
const flag = (value: boolean | undefined): number => (value ? 1 : 0);

export function turnCall(
  queue: StoreQueue,
  request: TurnRequest,
  attempt: Pick<Attempt, "number" | "notAfter" | "check">,
): ScriptCall {
  const retain = retentionArgs(queue.retention);
  const deadTrim = retentionArgs(queue.deadLetterRetention);
  const found = request.found;
  const crashed = crashedIds(request);
  const waiting = request.waiting.flatMap(({ id, key }) => [id, key]);
  const { journal } = request;
  return callOf(
    turnScript,
    queue,
    {
      group: queue.group,
      token: request.token,
      attempt: attempt.number,
      not_after: attempt.notAfter,
      renew: flag(request.renew),
      survey: request.survey ? (found === undefined ? 1 : 2) : 0,
      claim: request.claim,
      max_bytes: request.maxBytes,
      lease: queue.leaseMs,
      gate: queue.gateMs,
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
      keep_results: flag(queue.keepResults),
      held: request.held.length,
      complete: request.complete.length,
      retry: request.retry.length,
      dead: request.dead.length,
      release: request.release.length,
      crashed: crashed.length,
    },
    {
      more: {
        final: flag(request.final),
        size_hint: Math.ceil(request.sizeHint),
        max_deliveries: queue.maxDeliveries,
        on_crash: queue.onCrash,
        housekeeping: flag(request.housekeeping),
        first: flag(request.first),
        check: flag(attempt.check),
        start: queue.start,
        declared: declaredBy(queue),
        number: request.number,
        waiting: request.waiting.length,
        drops: flag(queue.keepNewest !== undefined),
        max_in_flight: queue.maxInFlight ?? 0,
        rate_limit: queue.rateLimit?.limit ?? 0,
        rate_per: queue.rateLimit?.perMs ?? 0,
        max_passes: queue.maxPasses ?? 0,
        pass: request.pass,
        leaving: flag(request.leaving),
        dead_trim: deadTrim.kind,
        dead_trim_value: deadTrim.value,
        track: TRACK[journal?.when ?? "never"],
        totals: journal?.totals.length ?? 0,
        overhead: journal?.overhead.length ?? 0,
        times: journal?.times.length ?? 0,
        shown: journal?.shown.length ?? 0,
        reason: journal?.reason ?? "",
        turn_name: journal?.turn ?? "",
      },
      list: [...outcomeList(queue, request), ...crashed, ...waiting, ...journalList(journal)],
    },
  );
}

/** One call for several queues, in the order in which they claim: turns over them in one step. */
export function turnsCall(
  parts: readonly TurnPart[],
  attempt: Pick<Attempt, "number" | "notAfter" | "check">,
): ScriptCall {
  const calls = parts.map(({ queue, request }) => turnCall(queue, request, attempt));
  const [first] = calls as [ScriptCall, ...ScriptCall[]];
  const placeOf = (name: string) => first.names.indexOf(name) + 1;
  return callTogether("turns", turnScript, calls, {
    args: {
      parts: parts.length,
      key_count: first.keys.length,
      claim_place: placeOf("claim"),
      max_bytes_place: placeOf("max_bytes"),
      suspects_place: placeOf("suspects"),
      not_after_place: placeOf("not_after"),
    },
    list: parts.flatMap(({ request }, i) => [
      String(calls[i]?.args.length),
      String(flag(attempt.number === 1 && mayBePassedOver(request))),
    ]),
    fragment: "priorities",
  });
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
    if (queue.keepResults) list.push(outcome.result ?? "", outcome.messageId ?? outcome.id);
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
