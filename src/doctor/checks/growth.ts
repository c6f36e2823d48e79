import { comesAfter, millisecondsOf } from "../../oldest-ready.ts";
import type { Facts, GroupFacts } from "../facts.ts";
import type { Check, Finding } from "../finding.ts";
import { counted, length, redisCli, xdrain } from "../words.ts";

/** Fewer completed entries than this are no burden, and may be kept on purpose. */
const MANY = 10_000;
const STUCK_MS = 3_600_000;

/** A stream that nobody trims, or that one group holds up. */
export const checkGrowth: Check = (facts) => {
  const held = heldUp(facts);
  return held.length > 0 ? held : onlyGrows(facts);
};

function onlyGrows(facts: Facts): Finding[] {
  const { stream, groups } = facts;
  if (stream === undefined || groups.length === 0) return [];
  const done = stream.length - mostOutstanding(facts);
  if (done < MANY) return [];
  const removed = stream.added === undefined ? undefined : stream.added - stream.length;
  if (removed !== undefined && removed > done / 10) return [];
  const drained = groups.some((group) => group.drained);
  return [
    {
      id: "stream-only-grows",
      severity: "warning",
      what: `About ${counted(done, "completed entry", "completed entries")} lie in the stream, and ${removed === undefined ? "nothing seems to remove them" : `${counted(removed, "entry was", "entries were")} ever removed`}.`,
      why: "XACK removes nothing: without trimming a stream grows until the memory is full.",
      mend: drained
        ? `${xdrain(facts, "drain")} …  # a pass trims below what is done; keep less with \`retention\``
        : trim(facts),
    },
  ];
}

/** What the slowest group has still to do. */
function mostOutstanding({ groups, stats, stream }: Facts): number {
  const length = stream?.length ?? 0;
  const parked = stats?.parked ?? 0;
  const each = groups.map((group) => (group.lag ?? length) + group.pending + parked);
  return Math.min(length, Math.max(0, ...each));
}

/** A trim below the lowest id that some group has not done, where all of that was seen. */
function trim(facts: Facts): string {
  const byPasses = `${xdrain(facts, "drain")} …  # a pass trims below what any group has not done`;
  const floor = floorOf(facts);
  if (floor === undefined) return byPasses;
  return `${redisCli("XTRIM", facts.queue.stream, "MINID", floor)}  # below what any group has not done; or let passes of xdrain do it`;
}

function floorOf({ groups, moreGroups }: Facts): string | undefined {
  // Without its consumers it may be a group of xdrain, which parks messages below what it was given.
  const unseen = groups.some(
    ({ pending, oldestPending, consumerList }) =>
      consumerList === undefined || (pending > 0 && oldestPending.length === 0),
  );
  if (unseen || moreGroups > 0) return undefined;
  const lowest = groups.map(
    ({ oldestPending, lastDelivered }) => oldestPending[0]?.id ?? lastDelivered,
  );
  return lowest.reduce((low, id) => (comesAfter(low, id) ? id : low), lowest[0] ?? "0-0");
}

/** A group that nobody reads keeps what the others have long done. */
function heldUp(facts: Facts): Finding[] {
  const { groups, stream, server } = facts;
  if (stream === undefined || groups.length < 2) return [];
  const [slowest, next] = [...groups].sort((a, b) =>
    comesAfter(a.lastDelivered, b.lastDelivered) ? 1 : -1,
  );
  if (slowest === undefined || next === undefined) return [];
  const behind = (slowest.lag ?? 0) - (next.lag ?? 0);
  const idleMs = idleOf(slowest, server.now);
  if (behind < MANY / 10 || (idleMs ?? STUCK_MS) < STUCK_MS) return [];
  const since =
    idleMs === undefined ? "nobody has read it yet" : `nobody has read it for ${length(idleMs)}`;
  return [
    {
      id: "group-holds-up",
      severity: "warning",
      group: slowest.name,
      what: `The group ${slowest.name} is ${counted(behind, "entry", "entries")} behind all others, and ${since}.`,
      why: "Nothing may be removed before every group has done it, so the stream only grows.",
      mend: `${redisCli("XGROUP", "DESTROY", facts.queue.stream, slowest.name)}  # where nobody needs it any more: what it has not done is dropped`,
    },
  ];
}

/** Undefined where nobody ever came. */
function idleOf({ consumerList, lastDelivered }: GroupFacts, now: number): number | undefined {
  const read = lastDelivered === "0-0" ? [] : [now - millisecondsOf(lastDelivered)];
  const idle = [...read, ...(consumerList ?? []).map(({ idleMs }) => idleMs)];
  return idle.length === 0 ? undefined : Math.min(...idle);
}
