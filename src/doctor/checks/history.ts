import { comesAfter } from "../../oldest-ready.ts";
import type { Facts, GroupFacts, LaterFacts } from "../facts.ts";
import type { Check, Finding } from "../finding.ts";
import { counted, redisCli } from "../words.ts";

/** A consumer that reads what it has already, again and again, and never what is new. */
export const checkHistory: Check = (facts) => {
  const { later } = facts;
  return later === undefined ? [] : facts.groups.flatMap((group) => rereads(facts, group, later));
};

function rereads(facts: Facts, group: GroupFacts, later: LaterFacts): Finding[] {
  const after = later.groups.get(group.name);
  const unread = comesAfter(later.stream?.lastId ?? "0-0", group.lastDelivered);
  if (after === undefined || after.lastDelivered !== group.lastDelivered || !unread) return [];
  const before = new Map(group.oldestPending.map((entry) => [entry.id, entry]));
  const again = after.oldestPending.filter(({ id, consumer, deliveries }) => {
    const old = before.get(id);
    return old?.consumer === consumer && deliveries > old.deliveries;
  });
  const foreign = again.filter(({ consumer }) => !consumer.startsWith("xd:"));
  const [first] = foreign;
  if (first === undefined) return [];
  return [
    {
      id: "rereads-history",
      severity: "problem",
      group: group.name,
      what: `${first.consumer} was handed ${counted(foreign.length, "entry", "entries")} again that it has already (${first.id}, ${first.deliveries} times by now), and nothing new, though there is.`,
      why: "A read with an id in place of > gives a consumer its own pending entries: without XACK they come for ever, and new messages never do.",
      mend: `${redisCli("XACK", facts.queue.stream, group.name, ...foreign.map(({ id }) => id))}  # once their work is done; and let the worker acknowledge what it has done, and read with > then`,
    },
  ];
}
