import { OptionError } from "../errors.ts";
import { readJournal } from "../inspect/journal.ts";
import type { Queue } from "../queue.ts";
import { named, readTime } from "../redis/answers.ts";
import { type GroupKeys, groupKeys } from "../redis/keys.ts";
import { asNumber } from "../redis/reply.ts";
import { readStats, statsCommands } from "../redis/stats.ts";
import type { QueueStats } from "../statistics.ts";
import type { Answer, Store, StoreQueue } from "../store.ts";
import type { Facts, GroupFacts } from "./facts.ts";
import type { Unseen } from "./finding.ts";
import { createLook, isMissing, type Look } from "./look.ts";
import { readGroupFacts, readGroupList } from "./read-groups.ts";
import { readLater } from "./read-later.ts";
import { readNeighbours } from "./read-neighbours.ts";
import { compareClocks, readServer } from "./read-server.ts";
import { readNewest, readStreamInfo, streamIs } from "./read-stream.ts";
import { readWaiting } from "./read-waiting.ts";

export interface ExamineOptions {
  /** How long after the first look the second one follows, in milliseconds; 0: there is none. */
  readonly watchMs: number;
  /** The caller named the group, so it ought to be there. */
  readonly groupIsNamed: boolean;
  /** Ends the wait for the second look, which is then taken at once. */
  readonly signal?: AbortSignal;
}

/** The queue that is examined; of any payload. */
export type Examined = Pick<Queue<never, unknown>, "name" | "resolved">;

/**
 * Gathers the facts about a queue by commands that only read, 200 at most whatever the size: in two round
 * trips (three where something is pending), and one for the second look. A refused command is a fact.
 * @throws OptionError where the queue's store is not over Redis, StoreError where Redis does not answer, or lets nobody in.
 */
export async function examine(queue: Examined, options: ExamineOptions): Promise<Facts> {
  const { store, storeQueue } = queue.resolved;
  const look = createLook(readerOf(store));
  const keys = groupKeys(storeQueue);
  const [server, own, neighbours, expiring] = await Promise.all([
    readServer(look),
    readOwn(look, store, storeQueue),
    readNeighbours(look, [keys.stream, keys.dead]),
    readExpiring(
      look,
      LASTING.map((what) => keys[what]),
    ),
  ]);
  const { clock, stream, groups } = own;
  const facts: Omit<Facts, "later" | "unseen"> = {
    queue: { ...storeQueue, name: queue.name },
    groupIsNamed: options.groupIsNamed,
    server: { ...server, ...clock },
    streamIs: own.streamIs,
    stream,
    newest: own.newest,
    groups: groups.map((group) => asDrained(group, own.stats, own.state)),
    moreGroups: own.moreGroups,
    stats: own.stats,
    state: own.state,
    passes: own.passes,
    waiting: own.waiting,
    expiring,
    neighbours,
  };
  const names = groups.map(({ name }) => name);
  const later = stream && (await readLater(look, store, { queue: storeQueue, names }, options));
  return { ...facts, later, unseen: withoutRepeats(look.unseen) };
}

function readerOf(store: Store): NonNullable<Store["read"]> {
  if (typeof store.read === "function") return store.read;
  throw new OptionError(
    "Expected a queue whose store is over Redis, got one whose store does not read commands.",
  );
}

/** Keys that hold messages, or what keeps them from being done twice, and that nothing of ours lets expire. */
const LASTING = ["stream", "parked", "delayed", "bodies", "dead", "state"] as const;

/** What the commands of the statistics tell, in their order. */
const TOLD = [
  "the server's clock",
  "the stream",
  "the consumer groups",
  "parked messages",
  "delayed messages",
  "dead letters",
  "what passes counted",
  "the memory of the stream",
] as const;

async function readOwn(look: Look, store: Store, queue: StoreQueue) {
  const keys = groupKeys(queue);
  const asked = store.now();
  const commands = statsCommands(queue);
  const [answers, state, passes, waiting] = await Promise.all([
    Promise.all(commands.map((command, i) => look.answer(command, TOLD[i] ?? "statistics"))),
    look.ask({ command: ["HGETALL", keys.state], about: "the group's state", read: named }),
    readPasses(look, queue, keys),
    readWaiting(look, keys),
  ]);
  const [time, streamAnswer, groupsAnswer] = answers as [Answer, Answer, Answer];
  const now = time.ok ? readTime(time.reply) : store.now();
  const clock = compareClocks(store, asked, now);
  const there = streamIs(streamAnswer);
  const stream =
    streamAnswer.ok && there === "there" ? readStreamInfo(streamAnswer.reply) : undefined;
  const listed = readGroupList(groupsAnswer, queue);
  if (listed.more > 0) {
    look.leave(`${listed.more} more of its consumer groups`, "no more than eight are looked at");
  }
  const [newest, groups] = await Promise.all([
    readNewest(look, keys.stream, streamAnswer),
    Promise.all(listed.groups.map((group) => readGroupFacts(look, keys.stream, group, stream))),
  ]);
  const told = answers.map((answer, i) => (i === 0 ? clockAnswer(now) : orMissing(answer)));
  const stats = readStats(queue, told);
  return {
    ...{ clock, streamIs: there, stream, newest, groups, moreGroups: listed.more },
    ...{ stats, passes, waiting, state: state ?? NOTHING },
  };
}

const NOTHING: ReadonlyMap<string, unknown> = new Map();

/** What the server refuses to tell counts as not there; that it was refused is noted elsewhere. */
function orMissing(answer: Answer): Answer {
  return answer.ok || isMissing(answer) ? answer : { ok: false, message: "no such key" };
}

function clockAnswer(now: number): Answer {
  return { ok: true, reply: [Math.floor(now / 1_000), (now % 1_000) * 1_000] };
}

const MOST_PASSES = 50;

async function readPasses(look: Look, queue: StoreQueue, keys: GroupKeys) {
  const reader = {
    queue,
    keys,
    ask: async (...commands: readonly (readonly string[])[]) =>
      Promise.all(
        commands.map((command) =>
          look.ask({ command, about: "what the latest passes did", read: (reply) => reply }),
        ),
      ),
  };
  return (await readJournal(reader, { count: MOST_PASSES })).items;
}

async function readExpiring(look: Look, keys: readonly string[]): Promise<Facts["expiring"]> {
  const left = await Promise.all(
    keys.map((key) =>
      look.ask({ command: ["PTTL", key], about: "whether keys expire", read: asNumber }),
    ),
  );
  return keys.flatMap((key, i) => {
    const inMs = left[i] ?? -1;
    return inMs > 0 ? [{ key, inMs }] : [];
  });
}

/** A group of ours whose passes have left nothing in it is known by what they counted. */
function asDrained(group: GroupFacts, stats: QueueStats, state: Facts["state"]): GroupFacts {
  const known = group.own && (state.size > 0 || stats.lastPassAt !== undefined);
  return known ? { ...group, drained: true } : group;
}

function withoutRepeats(unseen: readonly Unseen[]): readonly Unseen[] {
  return unseen.filter(
    (one, i) => unseen.findIndex(({ what, why }) => what === one.what && why === one.why) === i,
  );
}
