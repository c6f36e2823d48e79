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

/** The groups of the stream, the queue's own first; at most eight. */
export function readGroupList(answer: Answer, queue: StoreQueue): readonly Summary[] {
  if (!answer.ok || !Array.isArray(answer.reply)) return [];
  const names = answer.reply.map((flat) => asText(named(flat).get("name")));
  const summaries = names.flatMap((name) => {
    const group = readGroup(answer.reply, name);
    return group === undefined ? [] : [{ ...group, name, own: name === queue.group }];
  });
  return summaries.sort((a, b) => Number(b.own) - Number(a.own)).slice(0, MOST_GROUPS);
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
    withoutEntry: await findMissing(look, stream, oldestPending, info),
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

export function oldestPendingOf(stream: string, group: string) {
  return {
    command: ["XPENDING", stream, group, "-", "+", String(MOST_PENDING)],
    about: `what is pending in ${group}`,
    read: readPendingEntries,
  };
}

/** What was trimmed is below the first entry; of the others a few are looked for. */
async function findMissing(
  look: Look,
  stream: string,
  pending: readonly PendingEntry[],
  info: StreamFacts | undefined,
): Promise<readonly string[]> {
  const first = info?.firstId;
  const ids = pending.map(({ id }) => id);
  if (first === undefined) return info === undefined ? [] : ids;
  const trimmed = ids.filter((id) => comesAfter(first, id));
  const doubtful = ids.filter((id) => comesAfter(id, first)).slice(0, MOST_LOOKED_FOR);
  const found = await Promise.all(
    doubtful.map((id) =>
      look.ask({
        command: ["XRANGE", stream, id, id, "COUNT", "1"],
        about: "whether pending entries are still there",
        read: (reply) => asArray(reply).length > 0,
      }),
    ),
  );
  return [...trimmed, ...doubtful.filter((_, i) => found[i] === false)];
}
