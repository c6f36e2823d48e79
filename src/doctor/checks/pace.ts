import type { Facts, GroupFacts } from "../facts.ts";
import type { Check } from "../finding.ts";
import { counted, length, rate, xdrain } from "../words.ts";

/** Less than this is no backlog. */
const FEW = 100;
/** A backlog that is younger may be what came since the last pass. */
const YOUNG_MS = 60_000;
/** A second look that is closer to the first one says nothing of a rate. */
const SHORT_MS = 5_000;
/** What passes use where nothing else is said. */
const CONCURRENCY = 10;
/** Some room, so that the backlog gets smaller too. */
const ROOM = 1.25;

/** Arrivals faster than completions. */
export const checkPace: Check = (facts) => {
  const [group] = facts.groups;
  if (group === undefined || facts.stats === undefined || facts.stats.paused) return [];
  const waiting = group.own ? facts.stats.ready : (group.lag ?? 0);
  const pace = watchedPace(facts, group) ?? pastPace(facts, group);
  if (waiting < FEW || pace === undefined || pace.arriving <= pace.completing) return [];
  const { arriving, completing, over } = pace;
  return [
    {
      id: "falling-behind",
      severity: "warning",
      group: group.name,
      what: `${counted(waiting, "message waits", "messages wait")}, and more come than are done: ${rate(arriving)} a second against ${rate(completing)}, over ${length(over)}.`,
      why: "The backlog and the time that messages wait grow until the memory is full.",
      ...advise(facts, group, arriving),
    },
  ];
};

interface Pace {
  readonly arriving: number;
  readonly completing: number;
  readonly over: number;
}

/** From two looks that are far enough apart: added, and not unread, pending or parked any more. */
function watchedPace({ stream, stats, later, server }: Facts, group: GroupFacts): Pace | undefined {
  const after = later?.groups.get(group.name);
  const over = (later?.now ?? 0) - server.now;
  const before = group.lastDelivered === "0-0" ? 0 : group.entriesRead;
  if (over < SHORT_MS || after?.entriesRead === undefined || before === undefined) return undefined;
  const arrived = (later?.stream?.added ?? 0) - (stream?.added ?? 0);
  // What passes give back, or try again later, was read and is not done.
  const parked = group.own ? (later?.parked ?? 0) - (stats?.parked ?? 0) : 0;
  const done = after.entriesRead - before - (after.pending - group.pending) - parked;
  return {
    arriving: arrived / (over / 1_000),
    completing: Math.max(0, done) / (over / 1_000),
    over,
  };
}

/** From one look: what waits came since the oldest of it; passes count what they complete. */
function pastPace({ stats }: Facts, group: GroupFacts): Pace | undefined {
  const over = stats?.oldestReadyAgeMs;
  if (!group.own || stats === undefined || over === undefined || over < YOUNG_MS) return undefined;
  const { lastHour, lastMinute } = stats;
  const completing = Math.max(lastHour.perSecond, lastMinute.perSecond);
  if (completing === 0) return undefined; // no pass came: that is another finding
  return { arriving: stats.ready / (over / 1_000), completing, over };
}

/** How much would do, by how long handlers take. */
function advise(facts: Facts, group: GroupFacts, arriving: number): { readonly mend: string } {
  const { counts, sumMs } = facts.stats?.handlerTime ?? { counts: [], sumMs: 0 };
  const handled = counts.reduce((sum, count) => sum + count, 0);
  const command = xdrain(facts, "drain", group.name);
  if (!group.own || handled === 0) {
    return {
      mend: `${command} … --concurrency 20  # how long handlers take is not known, so try twice of what there is`,
    };
  }
  const handlerMs = sumMs / handled;
  const atOnce = Math.max(1, Math.ceil((arriving * ROOM * handlerMs) / 1_000));
  const passes = Math.ceil(atOnce / CONCURRENCY);
  const duty = busyPart(facts);
  const more =
    duty === undefined || duty > 0.8
      ? ""
      : `; passes ran ${Math.round(duty * 100)} % of the time: let them come more often, or last longer`;
  return {
    mend: `${command} … --concurrency ${Math.max(CONCURRENCY, atOnce)}  # at ${length(handlerMs)} a message, ${atOnce} at once will do: one pass like this all the time, or ${counted(passes, "pass", "passes")} side by side with ${CONCURRENCY}${more}`,
  };
}

/** Which part of the time passes ran, by the journal; undefined where it holds too few. */
function busyPart({ passes, server }: Facts): number | undefined {
  const ended = passes.filter(({ stopped }) => stopped !== "running");
  const first = ended.at(-1);
  if (first === undefined || ended.length < 3) return undefined;
  const span = server.now - (first.at.getTime() - first.elapsedMs);
  const busy = ended.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
  return Math.min(1, busy / Math.max(1, span));
}
