// The turn itself, from the parts beside this file.

import type { Delivery, StoreQueue, SurveyFindings, TurnReply, TurnRequest } from "../store.ts";
import { claimLost, claimNew, claimParked, dueParked } from "./claim.ts";
import { settleDead } from "./dead-letters.ts";
import { lookAtGroups, openGroup } from "./group.ts";
import { lostClaims, renewHeld, resolveUnsettled } from "./held.ts";
import { recogniseJournal, writeJournal } from "./journal.ts";
import { cutToSize, freeLost, keepHouse, takeKeys } from "./keys.ts";
import { leftoversInTheWay } from "./leftovers.ts";
import { countStarts, leave, limitClaim, renewPass } from "./limits.ts";
import { type Memory, type Parked, tablesOf, timeOf } from "./memory.ts";
import { holdsNothing, mark, recordsAreAlone } from "./parked-set.ts";
import {
  askForKeys,
  settleCompleted,
  settleReleased,
  settleRetries,
  settleWaiting,
} from "./settle.ts";
import { claimSuspects } from "./suspects.ts";
import { agreeOnLease, endSweep, type Sweep, sweep } from "./sweep.ts";
import { flush, noChanges, park, SUSPECTS, type Turn } from "./turn-begin.ts";

export function takeTurn(
  memory: Memory,
  queue: StoreQueue,
  request: TurnRequest,
  attempt: number,
): TurnReply {
  const tables = tablesOf(memory, queue.stream, queue.group);
  const { created, ...opened } = openGroup(memory, queue, tables);
  const turn = begin(memory, queue, request, attempt, opened);

  askForKeys(turn);
  settleCompleted(turn);
  settleRetries(turn);
  settleDead(turn);
  settleReleased(turn);
  renewHeld(turn);
  resolveUnsettled(turn);
  let left = lostClaims(turn);
  if (request.final) {
    for (const id of left) {
      const deliveries = turn.delivery.get(id) ?? 1;
      if (deliveries > 1) turn.crashed.add(id); // nobody remembers: a later turn looks
      park(turn, id, turn.now, deliveries - 1);
      freeLost(turn, id);
    }
    left = [];
  }
  settleWaiting(turn);
  flush(turn);

  // Another pass has drawn the same token, and works on them.
  const taken = request.first && attempt === 1 && left.length > 0;
  if (taken) {
    turn.heldBack = "passes";
    turn.claim = 0;
  }
  const replaying = !taken && (request.claim > 0 || request.renew) && left.length > 0;
  if (replaying) claimLost(turn, left);
  // A copy of an older turn: its pass has settled that, and knows nothing of what this would claim.
  else if (turn.unsettled.length > 0) turn.claim = 0;
  const looks = !replaying && !taken;
  const due = looks ? dueParked(turn) : [];
  const nothingParked = looks && !tables.paused && holdsNothing(tables);
  const setIsLost = looks && !tables.paused && recordsAreAlone(tables);
  const looked = look(turn, due, nothingParked);
  if (request.renew || replaying) renewPass(turn);
  // After the sweep: what dead passes have left is not worked on.
  if (turn.claim > 0 && !replaying && !looked.quiet) limitClaim(turn);
  if (turn.claim > 0 && !replaying && !looked.quiet) claim(turn, due, looked.suspects);
  const waiting = turn.group.consumers.get(SUSPECTS)?.size ?? 0;
  if (request.suspects === "not now") {
    turn.suspectsLeft = waiting > 0 && turn.heldBack !== "paused";
  }

  const noMore = turn.heldBack !== "paused" && turn.messages.length < turn.claim;
  if (noMore) turn.heldBack = undefined;
  cutToSize(turn);
  takeKeys(turn);
  countStarts(turn);
  flush(turn);

  const ending = turn.stillHeld.size === 0 && turn.messages.length === 0;
  keepHouse(turn, ending);
  if (ending && left.length === 0) leave(turn);
  const own = turn.group.consumers.get(request.token);
  if (ending && left.length === 0 && own?.size === 0) turn.group.consumers.delete(request.token);

  const { journal } = request;
  const writes = journal !== undefined && (ending || journal.when === "now");
  const reclaimed = looked.swept?.reclaimed ?? 0;
  const { trimmedUnread } = looked;
  if (writes) writeJournal(turn, journal, { reclaimed, trimmedUnread }, ending);
  const again = journal !== undefined && !writes && attempt > 1;
  const journaled = writes || (again && recogniseJournal(turn, journal));

  return {
    now: turn.now,
    kind: turn.kind,
    messages: turn.messages,
    lost: turn.lost,
    uncertain: turn.uncertain,
    gone: turn.gone,
    waiting: turn.waiting,
    duplicates: turn.duplicates,
    deferred: turn.deferred,
    dead: turn.dead,
    reclaimed,
    lostPayloads: turn.lostPayloads,
    trimmedUnread,
    suspectsLeft: turn.suspectsLeft,
    nextDueAt: turn.nextDueAt,
    createdGroup: created,
    pendingLimit: false,
    heldBack: turn.heldBack,
    journaled,
    found: findings(turn, looked, nothingParked && tables.parked.size === 0, setIsLost),
    bill: { requests: 1, commands: 0 },
  };
}

function begin(
  memory: Memory,
  queue: StoreQueue,
  request: TurnRequest,
  attempt: number,
  { stream, group, lostPayloads }: Pick<Turn, "stream" | "group" | "lostPayloads">,
): Turn {
  const now = timeOf(memory);
  const owned = group.consumers.get(request.token)?.list() ?? [];
  const survey = request.survey ? lookAtGroups(stream, queue.group) : undefined;
  const { complete, retry, dead, release } = request;
  const outcomes: readonly Delivery[] = [...complete, ...retry, ...dead, ...release];
  const keep = request.found?.keep ?? (queue.shared || queue.retention !== undefined);
  return {
    memory,
    queue,
    request,
    attempt,
    stream,
    group,
    now,
    survey,
    lostPayloads,
    tables: tablesOf(memory, queue.stream, queue.group),
    delivery: new Map(owned.map(({ id, deliveries }) => [id, deliveries])),
    idle: new Map(owned.map(({ id, deliveredAt }) => [id, now - deliveredAt])),
    crashed: new Set(outcomes.filter(({ crashed }) => crashed === true).map(({ id }) => id)),
    stillHeld: new Set(),
    taken: new Map(),
    claim: request.claim,
    heldBack: undefined,
    lease: queue.leaseMs,
    keep: keep || (survey?.groups.length ?? 0) > 1,
    changes: noChanges(),
    kind: "ordinary",
    messages: [],
    lost: [],
    uncertain: [],
    gone: [],
    waiting: [],
    ended: new Map(),
    unsettled: [],
    dead: 0,
    duplicates: 0,
    deferred: 0,
    suspectsLeft: false,
    unparked: 0,
    nextDueAt: undefined,
  };
}

/** The survey's part: the lease and the removal mode that passes agreed on, and the sweep. */
function look(turn: Turn, due: readonly Parked[], nothingParked: boolean) {
  const { survey, queue, request } = turn;
  const { state } = turn.tables;
  const nothing = { trimmedUnread: 0, suspects: request.suspects, swept: undefined };
  if (survey === undefined) return { ...nothing, quiet: false };
  // More consumers than ours for suspects: a dead pass may have left one.
  const isEmpty = survey.pending === 0 && survey.length === 0 && due.length === 0;
  const quiet = isEmpty && turn.group.consumers.size < 2;
  if (quiet) return { ...nothing, quiet };

  turn.longest = agreeOnLease(turn);
  if (state.shared === true) turn.keep = true;
  else if (queue.shared) state.shared = true;
  if (queue.retention !== undefined) state.kept = true;
  // From now on completed entries stay, so the parked set has to prove which ones those are.
  if (turn.keep && state.marked !== true) mark(turn.tables);
  const known = state.trimmed ?? 0;
  // What the queue drops itself is counted there.
  const excess = (state.dropped === undefined ? survey.trimmedExcess : undefined) ?? known;
  const calm = !turn.keep && survey.pending === 0 && nothingParked;
  if (excess > known || (calm && Math.max(0, excess) < known)) state.trimmed = Math.max(0, excess);
  const swept = survey.pending > 0 ? sweep(turn, turn.longest) : undefined;
  if (swept === undefined) endSweep(turn);
  return { quiet, swept, suspects: alternate(turn), trimmedUnread: Math.max(0, excess - known) };
}

/**
 * Passes that die in their first turn must not starve the ordinary work: every other pass that finds
 * suspects looks for ordinary messages first.
 */
function alternate({ request, tables }: Turn): TurnRequest["suspects"] {
  const { suspects, found } = request;
  const ordinaryFirst = found === undefined && tables.state.suspects === true;
  return suspects === "first" && ordinaryFirst ? "last" : suspects;
}

function claim(turn: Turn, due: readonly Parked[], suspects: TurnRequest["suspects"]): void {
  const { survey, tables, stillHeld } = turn;
  const maySuspect = stillHeld.size === 0 && (survey?.pending ?? 1) > 0;
  if (suspects === "first" && maySuspect) claimSuspects(turn);
  if (turn.kind === "ordinary") {
    // Half of the batch is for what is due, of an odd one now more and now less.
    const half = Math.floor((turn.claim + (turn.now % 2)) / 2);
    const { maxBytes } = turn.request;
    claimNew(
      turn,
      turn.claim - Math.min(due.length, half),
      due.length > 0 ? maxBytes / 2 : undefined,
    );
    claimParked(turn, due, turn.claim - turn.messages.length);
    if (due.length > 0 && turn.messages.length === 0) claimNew(turn, turn.claim);
    if (suspects === "last" && turn.messages.length > 0) turn.suspectsLeft = true;
    else if (suspects === "last" && maySuspect) claimSuspects(turn);
  }
  const met = turn.kind === "suspects" || turn.suspectsLeft;
  if (survey !== undefined && suspects !== "no" && survey.pending > 0 && met) {
    tables.state.suspects = turn.kind === "suspects";
  }
}

function findings(
  turn: Turn,
  { swept, quiet }: { readonly swept: Sweep | undefined; readonly quiet: boolean },
  nothingParked: boolean,
  setIsLost: boolean,
): SurveyFindings | undefined {
  const { survey } = turn;
  if (survey === undefined) return undefined;
  return {
    keep: turn.keep,
    groups: survey.groups,
    sweeping: swept?.sweeping === true && turn.heldBack !== "paused",
    // One that found nothing at all saw too little to work by.
    nextAt: swept?.nextAt ?? (quiet ? turn.now : turn.now + turn.queue.gateMs),
    ...leftoversInTheWay(turn, nothingParked, setIsLost),
  };
}
