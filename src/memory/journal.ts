// What a pass tells of itself in the turn that ends it.

import type { Journal } from "../store.ts";
import { idAfter } from "./entry-id.ts";
import type { Turn } from "./turn-begin.ts";

/** How many entries are kept. */
const ENTRIES = 1_000;

/** The last turns that told, of each lane the latest, are named in so much text, so that none counts twice. */
const NAMES_LENGTH = 500;

/** What of this turn the pass itself cannot know yet. */
export interface Findings {
  readonly reclaimed: number;
  readonly trimmedUnread: number;
}

export function writeJournal(
  turn: Turn,
  journal: Journal,
  findings: Findings,
  ending: boolean,
): void {
  const { stats } = turn.tables;
  const amounts = new Map<string, number>();
  const count = (name: string, amount: number) => {
    if (amount !== 0) amounts.set(name, (amounts.get(name) ?? 0) + amount);
  };
  for (const [name, amount] of journal.totals) count(name, amount);
  count("duplicates", turn.duplicates);
  count("deferred", turn.deferred);
  count("dead", turn.dead);
  count("reclaimed", findings.reclaimed);
  count("lostPayloads", turn.queue.keepNewest === undefined ? turn.lostPayloads : 0);
  count("trimmedUnread", findings.trimmedUnread);
  if (amounts.size > 0 && hasTold(turn, journal)) return;
  stats.set("last", turn.now);
  // The mark of a pause that is gone is no pause any more.
  if (turn.kind === "ordinary" && turn.heldBack === undefined) stats.set("paused", "0");
  if (ending && turn.claim > 0 && turn.heldBack === undefined) stats.set("empty", turn.now);
  if (amounts.size === 0) return;
  for (const [name, amount] of journal.overhead) count(name, amount);
  addEntry(turn, journal, amounts, ending);
  for (const [name, amount] of journal.times) count(name, amount);
  nameTeller(turn, journal);
  addMinute(turn, amounts);
  for (const [name, amount] of amounts)
    stats.set(name, Math.max(0, Number(stats.get(name) ?? 0) + amount));
}

/**
 * This attempt does not end the pass. An earlier one may have, and one that arrives late must not.
 *
 * @returns whether one has told.
 */
export function recogniseJournal(turn: Turn, journal: Journal): boolean {
  const told = hasTold(turn, journal);
  if (!told) nameTeller(turn, journal);
  return told;
}

/** It was sent again, or a copy of it arrives late. A lane counts its turns. */
function hasTold(turn: Turn, journal: Journal): boolean {
  const [lane, number] = journal.turn.split("/");
  return tellers(turn).some(([of, told]) => of === lane && Number(told) >= Number(number));
}

function nameTeller(turn: Turn, journal: Journal): void {
  const [lane] = journal.turn.split("/");
  let names = `${journal.turn} `;
  for (const [of, told] of tellers(turn)) {
    if (of !== lane && names.length < NAMES_LENGTH) names += `${of}/${told} `;
  }
  turn.tables.stats.set("by", names);
}

function tellers({ tables }: Turn): readonly (readonly [lane: string, told: string])[] {
  const names = String(tables.stats.get("by") ?? "").matchAll(/(\S+)\/(\d+) /g);
  return [...names].map(([, lane = "", told = ""]) => [lane, told]);
}

function addEntry(
  { tables, heldBack, stream, keep, group }: Turn,
  { reason, shown }: Journal,
  amounts: ReadonlyMap<string, number>,
  ending: boolean,
): void {
  const held = heldBack === undefined || heldBack === "paused" ? heldBack : "limited";
  const stopped = ending ? reason || (held ?? "empty") : "running";
  const unread = stream.list(idAfter(group.lastDelivered)).length;
  const backlog = keep ? group.pending.size + unread : stream.length;
  tables.journal.push({ stopped, backlog, ...Object.fromEntries([...shown, ...amounts]) });
  if (tables.journal.length > ENTRIES) tables.journal.shift();
}

/** One of sixty fields, each for a minute: "minute:completed:failed". */
function addMinute({ tables, now }: Turn, amounts: ReadonlyMap<string, number>): void {
  const minute = Math.floor(now / 60_000);
  const field = `m${minute % 60}`;
  const before = String(tables.stats.get(field) ?? "").split(":");
  const [completed, failed] = Number(before[0]) === minute ? before.slice(1).map(Number) : [0, 0];
  const sums = [
    Math.max(0, (completed ?? 0) + (amounts.get("completed") ?? 0)),
    Math.max(0, (failed ?? 0) + (amounts.get("retried") ?? 0) + (amounts.get("dead") ?? 0)),
  ];
  tables.stats.set(field, [minute, ...sums].join(":"));
}
