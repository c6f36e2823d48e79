import { type ConsumerInfo, kindOf } from "../inspect/consumers.ts";
import { type PendingEntry, readPendingEntries } from "../inspect/pending.ts";
import { comesAfter } from "../oldest-ready.ts";
import { named, readGroup } from "../redis/answers.ts";
import { asArray, asNumber, asText } from "../redis/reply.ts";
import type { Answer, StoreQueue } from "../store.ts";
import type { GroupFacts, StreamFacts } from "./facts.ts";
import type { Look } from "./look.ts";

const MOST_GROUPS = 8;
/** More consumers than this are not listed: a server lists ten thousand in about 50 ms. */
const MOST_CONSUMERS = 2_000;
const MOST_PENDING = 100;
/** An entry is looked for by reading it, and may be large. */
const MOST_LOOKED_FOR = 5;

type Summary = Omit<GroupFacts, "consumerList" | "oldestPending" | "withoutEntry" | "drained">;

/** The groups of the stream, the queue's own first; at most eight, and how many more there are. */
export function readGroupList(
  answer: Answer,
  queue: StoreQueue,
): { readonly groups: readonly Summary[]; readonly more: number } {
  if (!answer.ok || !Array.isArray(answer.reply)) return { groups: [], more: 0 };
  const names = answer.reply.map((flat) => asText(named(flat).get("name")));
  const summaries = names.flatMap((name) => {
    const group = readGroup(answer.reply, name);
    return group === undefined ? [] : [{ ...group, name, own: name === queue.group }];
  });
  const groups = summaries.sort((a, b) => Number(b.own) - Number(a.own)).slice(0, MOST_GROUPS);
  return { groups, more: summaries.length - groups.length };
}

/** Who reads a group, and what has been pending there for longest. */
export async function readGroupFacts(
  look: Look,
  stream: string,
  group: Summary,
  info: StreamFacts | undefined,
): Promise<GroupFacts> {
  const [consumers, oldest] = await Promise.all([
    listConsumers(look, stream, group),
    look.ask(oldestPendingOf(stream, group.name)),
  ]);
  const oldestPending = oldest ?? [];
  return {
    ...group,
    drained: consumers?.some(({ kind }) => kind !== "foreign") ?? false,
    consumerList: consumers,
    oldestPending,
    withoutEntry:
      info === undefined ? [] : await findMissing(look, stream, group.name, oldestPending, info),
  };
}

async function listConsumers(look: Look, stream: string, group: Summary) {
  if (group.consumers > MOST_CONSUMERS) return undefined;
  return look.ask({
    command: ["XINFO", "CONSUMERS", stream, group.name],
    about: `the consumers of ${group.name}`,
    read: (reply) => asArray(reply).map(readConsumer),
  });
}

function readConsumer(flat: unknown): ConsumerInfo {
  const info = named(flat);
  const name = asText(info.get("name"));
  const [pending, idleMs] = [asNumber(info.get("pending")), asNumber(info.get("idle"))];
  return { name, kind: kindOf(name), pending, idleMs };
}

export function oldestPendingOf(stream: string, group: string, from = "-", to = "+") {
  return {
    command: ["XPENDING", stream, group, from, to, String(MOST_PENDING)],
    about: `what is pending in ${group}`,
    read: readPendingEntries,
  };
}

/**
 * What was trimmed is below the first entry; of the others a few are looked for. One that is not there
 * may have been completed a moment ago, so it counts where it is pending after that look.
 */
async function findMissing(
  look: Look,
  stream: string,
  group: string,
  pending: readonly PendingEntry[],
  { firstId, lastId }: StreamFacts,
): Promise<readonly string[]> {
  // What is behind the last id came after the look at the stream.
  const ids = pending.map(({ id }) => id).filter((id) => !comesAfter(id, lastId));
  if (firstId === undefined) return ids;
  const trimmed = ids.filter((id) => comesAfter(firstId, id));
  const doubtful = ids.filter((id) => comesAfter(id, firstId)).slice(0, MOST_LOOKED_FOR);
  const [first, last] = [doubtful.at(0), doubtful.at(-1)];
  if (first === undefined || last === undefined) return trimmed;
  const [found, after] = await Promise.all([
    Promise.all(
      doubtful.map((id) =>
        look.ask({
          command: ["XRANGE", stream, id, id, "COUNT", "1"],
          about: "whether pending entries are still there",
          read: (reply) => asArray(reply).length > 0,
        }),
      ),
    ),
    look.ask(oldestPendingOf(stream, group, first, last)),
  ]);
  const still = new Set(after?.map(({ id }) => id));
  return [...trimmed, ...doubtful.filter((id, i) => found[i] === false && still.has(id))];
}
