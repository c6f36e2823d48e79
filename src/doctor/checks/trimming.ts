import { comesAfter } from "../../oldest-ready.ts";
import type { Facts, GroupFacts } from "../facts.ts";
import type { Check, Finding } from "../finding.ts";
import { counted, length, redisCli } from "../words.ts";

/** A MAXLEN below the backlog: what nobody has read yet is cut off. */
export const checkTrimming: Check = (facts) => {
  const now = facts.groups.flatMap((group) => unread(facts, group));
  return now.length > 0 ? now : before(facts);
};

function unread(facts: Facts, group: GroupFacts): Finding[] {
  const later = facts.later?.groups.get(group.name);
  const before = countLost(facts.stream, group);
  const after = later === undefined ? before : countLost(facts.later?.stream, later);
  const grows = after > before;
  const lost = mayBeNew(facts, group) ? after - before : Math.max(before, after);
  if (lost <= 0) return [];
  const readNone = group.lastDelivered === "0-0" && !grows;
  return [
    {
      id: "maxlen-below-backlog",
      severity: readNone ? "warning" : "problem",
      group: group.name,
      what: `At least ${counted(lost, "entry was", "entries were")} removed before ${group.name} had read them: the stream is kept at ${counted(facts.stream?.length ?? 0, "entry", "entries")}.`,
      why: `A producer trims (XADD … MAXLEN) to less than what waits: the oldest messages are lost, unseen.${readNone ? " Or the group was made, or set back, after others had done them." : ""}`,
      mend: `${redisCli("CLIENT", "LIST", "TYPE", "normal")}  # find who runs XADD … MAXLEN or XTRIM, and take it away: passes remove what is done`,
    },
  ];
}

/**
 * A group that begins before all entries may have been made, or set back, after others had done what is
 * gone: then only what goes between the two looks is known to be lost.
 */
function mayBeNew({ groups, moreGroups, stats, state }: Facts, group: GroupFacts): boolean {
  if (group.lastDelivered !== "0-0") return false;
  const worked = stats?.lastPassAt !== undefined || state.size > 0;
  return groups.length + moreGroups > 1 || (group.own && worked);
}

/** What was added and is neither read nor there. It can be told where all that is left is unread. */
function countLost(
  stream: Facts["stream"],
  group: { readonly lastDelivered: string; readonly entriesRead: number | undefined },
): number {
  const read = group.lastDelivered === "0-0" ? 0 : group.entriesRead;
  if (stream?.added === undefined || read === undefined) return 0;
  const allUnread =
    stream.firstId === undefined
      ? comesAfter(stream.lastId, group.lastDelivered)
      : comesAfter(stream.firstId, group.lastDelivered);
  return allUnread ? stream.added - read - stream.length : 0;
}

const RECENT_MS = 86_400_000;

/** What passes have met in their time; their counters are never set back. */
function before({ stats, queue, passes, server }: Facts): Finding[] {
  const { trimmedUnread = 0, lostPayloads = 0 } = stats?.totals ?? {};
  if (trimmedUnread + lostPayloads === 0) return [];
  const last = passes.find((pass) => pass.trimmedUnread + pass.lostPayloads > 0)?.at;
  const isRecent = last !== undefined && server.now - last.getTime() < RECENT_MS;
  const when = isRecent
    ? `The last time was ${length(Math.max(0, server.now - last.getTime()))} ago.`
    : passes.length === 0
      ? "When that was is not known."
      : `Of the latest ${counted(passes.length, "pass", "passes")} none did within a day.`;
  return [
    {
      id: "payloads-lost-before",
      severity: isRecent ? "warning" : "note",
      group: queue.group,
      what: `Passes have met ${counted(lostPayloads, "message")} without a payload, and ${counted(trimmedUnread, "message")} trimmed unread. ${when}`,
      why: "Somebody trimmed or deleted entries that were not done, or a key was lost.",
      mend: `${redisCli("CLIENT", "LIST", "TYPE", "normal")}  # find who runs XADD … MAXLEN, XTRIM or XDEL; an eviction does it too`,
    },
  ];
}
