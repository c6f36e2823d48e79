import type { Facts, GroupFacts } from "../facts.ts";
import type { Check, Finding } from "../finding.ts";
import { counted, length, redisCli, word, xdrain } from "../words.ts";

/** How long a hand-written consumer may take: its lease is not known. */
const FOREIGN_MS = 300_000;

/** Entries that somebody has and nobody works on, and those whose payload is gone. */
export const checkPending: Check = (facts) =>
  facts.groups.flatMap((group) => [...unclaimed(facts, group), ...withoutPayload(facts, group)]);

function unclaimed(facts: Facts, group: GroupFacts): Finding[] {
  const { oldestPending, name, drained, pending } = group;
  const limit = limitOf(facts, group);
  const old = oldestPending.filter(({ idleMs }) => idleMs > limit);
  const [first] = old;
  if (first === undefined || isTakenBack(group, limit)) return [];
  const longest = Math.max(...old.map(({ idleMs }) => idleMs));
  const of = pending > oldestPending.length ? ` of the ${oldestPending.length} oldest` : "";
  const { stream } = facts.queue;
  const rescue = `redis-cli XAUTOCLAIM ${word(stream)} ${word(name)} RESCUER ${FOREIGN_MS} 0`;
  return [
    {
      id: "pending-unclaimed",
      severity: "problem",
      group: name,
      what: `${counted(old.length, "pending entry", "pending entries")}${of} of ${name} ${old.length === 1 ? "lies with a consumer that did nothing with it for" : "lie with consumers that did nothing with them for up to"} ${length(longest)} (${first.id} with ${first.consumer}).`,
      why: drained
        ? "Their passes died, and no pass came since that would take them back."
        : "Their worker died or lost them: XREADGROUP > never hands them out again, so they wait until somebody claims them.",
      mend: drained
        ? `${xdrain(facts, "drain", name)} …  # and let passes come by a schedule`
        : `${rescue}  # or let passes do it: ${xdrain(facts, "drain", name)} …`,
    },
  ];
}

/** Passes sweep the next of them when what they took last is done. */
function isTakenBack({ consumerList }: GroupFacts, limit: number): boolean {
  return (consumerList ?? []).some(
    ({ kind, pending, idleMs }) => kind === "suspects" && pending > 0 && idleMs <= limit,
  );
}

/** What passes agreed on as their lease may be longer than what the queue was opened with. */
function limitOf({ queue, state }: Facts, group: GroupFacts): number {
  if (!group.drained) return FOREIGN_MS;
  const agreed = group.own ? Number(state.get("lease") ?? 60_000) : 0;
  const lease = Math.max(queue.leaseMs, Number.isFinite(agreed) ? agreed : 0);
  return 2 * (lease + queue.gateMs);
}

function withoutPayload(facts: Facts, group: GroupFacts): Finding[] {
  const { withoutEntry, name, drained } = group;
  const [first] = withoutEntry;
  if (first === undefined) return [];
  return [
    {
      id: "payloads-trimmed",
      severity: "problem",
      group: name,
      what: `${counted(withoutEntry.length, "pending entry", "pending entries")} of ${name} ${withoutEntry.length === 1 ? "has" : "have"} no payload any more (${first}).`,
      why: "Somebody trimmed or deleted them while they were worked on: the work cannot be done again. The oldest go first, whether done or not.",
      mend: drained
        ? `${redisCli("CLIENT", "LIST", "TYPE", "normal")}  # find who runs XADD … MAXLEN, XTRIM or XDEL, and leave trimming to passes`
        : `${redisCli("XACK", facts.queue.stream, name, ...withoutEntry)}  # and trim by MINID below what is pending`,
    },
  ];
}
