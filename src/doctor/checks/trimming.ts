import { comesAfter } from "../../oldest-ready.ts";
import type { Facts, GroupFacts } from "../facts.ts";
import type { Check, Finding } from "../finding.ts";
import { counted, redisCli } from "../words.ts";

/** A MAXLEN below the backlog: what nobody has read yet is cut off. */
export const checkTrimming: Check = (facts) => {
  const now = facts.groups.flatMap((group) => unread(facts, group));
  return now.length > 0 ? now : before(facts);
};

function unread(facts: Facts, group: GroupFacts): Finding[] {
  const later = facts.later?.groups.get(group.name);
  const lost = Math.max(
    countLost(facts.stream, group),
    later === undefined ? 0 : countLost(facts.later?.stream, later),
  );
  if (lost <= 0) return [];
  return [
    {
      id: "maxlen-below-backlog",
      severity: "problem",
      group: group.name,
      what: `At least ${counted(lost, "entry was", "entries were")} removed before ${group.name} had read them: the stream is kept at ${counted(facts.stream?.length ?? 0, "entry", "entries")}.`,
      why: "A producer trims (XADD … MAXLEN) to less than what waits: the oldest messages are lost, unseen.",
      mend: `${redisCli("CLIENT", "LIST", "TYPE", "normal")}  # find who runs XADD … MAXLEN or XTRIM, and take it away: passes remove what is done`,
    },
  ];
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

/** What passes have met in their time. */
function before({ stats, queue }: Facts): Finding[] {
  const { trimmedUnread = 0, lostPayloads = 0 } = stats?.totals ?? {};
  if (trimmedUnread + lostPayloads === 0) return [];
  return [
    {
      id: "payloads-lost-before",
      severity: "warning",
      group: queue.group,
      what: `Passes have met ${counted(lostPayloads, "message")} without a payload, and ${counted(trimmedUnread, "message")} that were trimmed unread.`,
      why: "Somebody trimmed or deleted entries that were not done. It happened before; whether it goes on cannot be told.",
      mend: `${redisCli("CLIENT", "LIST", "TYPE", "normal")}  # find who runs XADD … MAXLEN, XTRIM or XDEL; an eviction does it too`,
    },
  ];
}
