import { comesAfter } from "../../oldest-ready.ts";
import type { QueueStats } from "../../statistics.ts";
import type { Facts, GroupFacts, StreamFacts } from "../facts.ts";
import type { Check, Finding } from "../finding.ts";
import { counted, redisCli, xdrain } from "../words.ts";

/** The stream and its group: missing, of another type, or begun behind messages. */
export const checkGroup: Check = (facts) => [
  ...otherType(facts),
  ...streamGone(facts),
  ...missing(facts),
  ...facts.groups.flatMap((group) => createdAtEnd(facts, group)),
  ...awaited(facts),
  ...orphans(facts),
  ...hidden(facts),
  ...timeless(facts),
];

function otherType({ streamIs, queue }: Facts): Finding[] {
  if (streamIs !== "other") return [];
  return [
    {
      id: "not-a-stream",
      severity: "problem",
      what: `The key ${queue.stream} is not a stream.`,
      why: "Nothing can be sent to it or read from it: some other program uses the name.",
      mend: `${redisCli("TYPE", queue.stream)}  # then give the queue another name`,
    },
  ];
}

/** A stream that passes have drained stays, empty, until somebody deletes it. */
function streamGone(facts: Facts): Finding[] {
  const { streamIs, stats, state, queue } = facts;
  if (streamIs !== "missing" || stats === undefined) return [];
  if (stats.lastPassAt === undefined && state.size === 0) return [];
  const was = stats.lastPassAt === undefined ? "" : `, as of ${stats.lastPassAt.toISOString()}`;
  return [
    {
      id: "stream-gone",
      severity: "problem",
      group: queue.group,
      what: `The stream ${queue.stream} is not there, but passes have worked on it${was}.`,
      why: "Somebody deleted it, or Redis evicted it or came back without it: what it held is lost, and parked messages with it.",
      mend: `${xdrain(facts, "drain")} …  # a pass makes it and its group anew, and counts what was parked as lost; what waited has to be sent again`,
    },
  ];
}

function missing(facts: Facts): Finding[] {
  const { queue, streamIs, groups, stats, state } = facts;
  if (streamIs !== "there" || groups.some(({ own }) => own)) return [];
  const others = groups.map(({ name }) => name).join(", ");
  const seen = others === "" ? "" : ` It has ${others}.`;
  const was = stats?.lastPassAt !== undefined || state.size > 0;
  const wanted = was || facts.groupIsNamed || groups.length === 0;
  const find = { id: "group-missing", what: `The stream has no group ${queue.group}.${seen}` };
  if (!wanted) {
    return [
      {
        ...find,
        severity: "note",
        why: "xdrain has not drained this stream yet, so its other groups were looked at.",
        mend: `${xdrain(facts, "doctor", "GROUP")}  # with the name of the group that is meant`,
      },
    ];
  }
  return [
    {
      ...find,
      severity: facts.groupIsNamed || was ? "problem" : "warning",
      why: was
        ? "Somebody destroyed it, and with it what it had pending: all that is still in the stream is read again."
        : "A hand-written consumer gets NOGROUP until somebody makes it; a pass of xdrain makes it by itself. Where it is made at $, what waits now is never read.",
      // Made by hand, it would hand out what is parked as new, too.
      mend: was
        ? `${xdrain(facts, "drain")} …  # a pass makes it anew`
        : redisCli("XGROUP", "CREATE", queue.stream, queue.group, "0", "MKSTREAM"),
    },
  ];
}

/** A group that begins behind an entry does not know how many it has read, until it reads one. */
function createdAtEnd(facts: Facts, group: GroupFacts): Finding[] {
  const first = facts.stream?.firstId;
  const { lastDelivered, entriesRead, name, pending } = group;
  const passedOver = first !== undefined && !comesAfter(first, lastDelivered);
  const neverRead = entriesRead === undefined && pending === 0 && lastDelivered !== "0-0";
  // A pass that made it at `$`, as its queue asks for, has left a note.
  const meant = group.own && (facts.queue.start !== "0" || facts.state.has("created"));
  if (!passedOver || !neverRead || meant) return [];
  return [
    {
      id: "group-created-at-end",
      severity: "warning",
      group: name,
      what: `The group ${name} begins behind ${lastDelivered}, and entries before that are in the stream.`,
      why: "It was made at $ (or set there) when messages waited already: unless that was meant, nobody ever works on those.",
      mend: group.drained
        ? xdrain(facts, "replay --from 0", name)
        : redisCli("XGROUP", "SETID", facts.queue.stream, name, "0"),
    },
  ];
}

/** The due times of delayed messages are in a key of their own, and in what they hold too. */
function timeless(facts: Facts): Finding[] {
  const count = facts.waiting.timeless;
  if (count === 0) return [];
  return [
    {
      id: "hidden-entries",
      severity: "warning",
      group: facts.queue.group,
      what: `${counted(count, "delayed message has", "delayed messages have")} no due time any more.`,
      why: "The key with the due times was lost (an eviction, a mistaken DEL): these messages never come.",
      mend: `${xdrain(facts, "repair")}  # their content has the times too`,
    },
  ];
}

/** Where entries go once all groups that there are have done them, one that is yet to come misses them. */
function awaited({ state, groups, moreGroups, queue }: Facts): Finding[] {
  const alone = groups.length === 1 && moreGroups === 0 && groups[0]?.own === true;
  if (!alone || state.get("shared") !== "1") return [];
  return [
    {
      id: "shared-by-one-group",
      severity: "note",
      group: queue.group,
      what: `The queue is shared, and ${queue.group} is the only group of its stream.`,
      why: "What it has done is removed: a group whose first pass comes later never gets it.",
      mend: `${redisCli("XGROUP", "CREATE", queue.stream, "GROUP", "0")}  # with the name of the other group; and declare both as the queue's groups`,
    },
  ];
}

/** What passes found and could not decide: they have left a note. */
function orphans(facts: Facts): Finding[] {
  const [, count = "0", firstId] = String(facts.state.get("orphans") ?? "").split(" ");
  if (Number(count) === 0) return [];
  return [
    {
      id: "orphans",
      severity: "warning",
      group: facts.queue.group,
      what: `${counted(Number(count), "entry has", "entries have")} been read by the group and nothing proves that they are done, from ${firstId} on.`,
      why: "Somebody acknowledged them without deleting them or moved the group (XACK, XGROUP SETID), or both keys of parked messages were lost. They neither run nor go by themselves.",
      mend: `${xdrain(facts, "repair --orphans discard")}  # if they are done; --orphans run runs them`,
    },
  ];
}

/** Where completed entries are deleted, those that nobody has and nobody waits for are lost from sight. */
function hidden(facts: Facts): Finding[] {
  const { stats, stream, groups, state } = facts;
  const [group] = groups;
  const alone = groups.length === 1 && group?.own === true && group.drained;
  if (!alone || stats === undefined || stream === undefined || !stats.readyIsExact) return [];
  if (["kept", "shared", "marked", "start", "orphans"].some((field) => state.has(field))) return [];
  const foreign = group.consumerList?.some(({ kind }) => kind === "foreign") ?? true;
  if (foreign || group.withoutEntry.length > 0 || !isQuiet(facts, group)) return [];
  const count = stream.length - stats.ready - stats.inFlight - stats.parked;
  if (count <= 0 || !removesAtOnce(stats, stream)) return [];
  return [
    {
      id: "hidden-entries",
      severity: "warning",
      group: group.name,
      what: `${counted(count, "entry is", "entries are")} in the stream that no pass has and none waits for.`,
      why: "A key of the queue was lost (an eviction, a mistaken DEL), or the group was made behind them: these messages do not run.",
      mend: `${xdrain(facts, "repair")}  # brings back what was parked, and tells what is left to decide`,
    },
  ];
}

/** As many were removed as were done: then nothing of what is there is a completed entry that is kept. */
function removesAtOnce({ totals }: QueueStats, { added, length }: StreamFacts): boolean {
  const settled = totals.completed + totals.dead + totals.duplicates;
  return added !== undefined && added - length === settled;
}

/** What is read one after the other fits together where nothing has moved meanwhile. */
function isQuiet({ stream, later }: Facts, group: GroupFacts): boolean {
  const after = later?.groups.get(group.name);
  if (after === undefined) return group.pending === 0;
  return (
    after.lastDelivered === group.lastDelivered &&
    after.pending === group.pending &&
    later?.stream?.length === stream?.length &&
    later?.stream?.added === stream?.added
  );
}
