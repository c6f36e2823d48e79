// Why a message is not running, in words for people.

import { kindOf } from "./consumers.ts";
import { readParkedScore } from "./parked.ts";
import type { Facts, Whereabouts } from "./story.ts";

export function why(where: Whereabouts, facts: Facts): string {
  const { now, dueAt, parkedScore, letter, searchedAll } = facts;
  const paused = facts.paused ? ["The queue is paused: nothing is handed out."] : [];
  const held = [...paused, ...facts.heldBack].map((reason) => ` ${reason}`).join("");
  switch (where) {
    case "delayed":
      return waitsUntil(dueAt ?? now, now, "It is delayed") + held;
    case "parked":
      return waitsUntil(readParkedScore(parkedScore ?? 0).dueAt.getTime(), now, "It waits") + held;
    case "ready":
      return `It waits for a pass to take it; ${lastPass(facts)}.${held}`;
    case "inFlight":
      return (
        whoHasIt(facts) + (isWorkedOn(facts) ? "" : paused.map((reason) => ` ${reason}`).join(""))
      );
    case "dead":
      return `It is a dead letter (${letter?.reason}) and is not tried again unless it is redriven.`;
    case "done":
      return "It is completed. (Where completed entries are removed, nothing proves that: `repair` brings it back if it waits, and tells if not.)";
    case "gone":
      return searchedAll
        ? "Nothing of it is there: it is completed and removed, was cancelled, or never was."
        : "It was not found in what one look takes: it is completed and removed, was cancelled, never was, or is farther on.";
  }
}

function waitsUntil(due: number, now: number, what: string): string {
  return due > now
    ? `${what} until ${new Date(due).toISOString()}.`
    : `${what} no longer: it was due at ${new Date(due).toISOString()}, and waits for a pass to take it.`;
}

function lastPass({ lastPass }: Facts): string {
  return lastPass === 0
    ? "no pass is known to have ended yet"
    : `the last pass ended at ${new Date(lastPass).toISOString()}`;
}

/** As far as is known: its lease runs, and it is no suspect. */
function isWorkedOn({ pending, leaseMs }: Facts): boolean {
  if (pending === undefined || kindOf(pending.consumer) === "suspects") return false;
  return pending.idleMs < leaseMs;
}

function whoHasIt(facts: Facts): string {
  const { pending, content } = facts;
  if (pending === undefined) return "";
  const { consumer, idleMs } = pending;
  const lost = content === undefined ? " Its entry is gone: somebody else removed it." : "";
  if (kindOf(consumer) === "suspects") {
    return `The pass that had it died; it is handed out again in a small batch, or alone.${lost}`;
  }
  const since = `${consumer} has had it for ${Math.round(idleMs / 1_000)} s`;
  if (isWorkedOn(facts)) return `${since}, and works on it as far as is known.${lost}`;
  return `${since}, longer than its lease: a sweep of the next passes takes it back.${lost}`;
}
