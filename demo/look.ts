import { type Inbox, type InboxDelivery, queueFor } from "../functions/inbox/queue.ts";
import type { DeadLetter, Depth } from "../src/index.ts";
import type { Rest } from "./rest.ts";

/** What a look into Redis found when all was over. */
export interface Findings {
  /** Of both queues together. */
  readonly depth: Depth;
  readonly dead: readonly DeadLetter<InboxDelivery>[];
  /** What the handlers returned, by delivery id. */
  readonly results: ReadonlyMap<string, unknown>;
  readonly consumers: readonly string[];
  readonly keys: readonly KeyGroup[];
}

/** Keys that differ only in an id at their end. */
export interface KeyGroup {
  readonly name: string;
  readonly type: string;
  readonly count: number;
  /** Longest time until they expire by themselves; undefined where one stays. */
  readonly expiresInMs: number | undefined;
}

const AT_ONCE = 16;

/** Looks after everything that the demo left, with plain reads. */
export async function look(
  inbox: Inbox,
  rest: Rest,
  deliveries: readonly InboxDelivery[],
): Promise<Findings> {
  const queues = [inbox.ordinary, inbox.urgent];
  const dead: DeadLetter<InboxDelivery>[] = [];
  const consumers: string[] = [];
  for (const { deadLetters, resolved } of queues) {
    const { stream, group } = resolved.storeQueue;
    dead.push(...((await deadLetters.list()) as readonly DeadLetter<InboxDelivery>[]));
    consumers.push(...namesOf(await rest.command("XINFO", "CONSUMERS", stream, group)));
  }
  return {
    depth: await depthOf(inbox),
    dead,
    results: await readResults(inbox, deliveries),
    consumers,
    keys: await groupKeys(
      rest,
      queues.map(({ resolved }) => resolved.storeQueue.stream),
    ),
  };
}

/** How much is where, in both queues together. */
export async function depthOf({ ordinary, urgent }: Inbox): Promise<Depth> {
  const [one, other] = [await ordinary.depth(), await urgent.depth()];
  return {
    entries: one.entries + other.entries,
    inFlight: one.inFlight + other.inFlight,
    parked: one.parked + other.parked,
    delayed: one.delayed + other.delayed,
    dead: one.dead + other.dead,
    dropped: one.dropped + other.dropped,
  };
}

async function readResults(
  inbox: Inbox,
  deliveries: readonly InboxDelivery[],
): Promise<ReadonlyMap<string, unknown>> {
  const results = new Map<string, unknown>();
  await each(deliveries, async ({ event, delivery }) => {
    const result = await queueFor(inbox, event).result(delivery);
    if (result !== undefined) results.set(delivery, result);
  });
  return results;
}

/** The name of the first stream is in the names of all keys. */
async function groupKeys(rest: Rest, streams: readonly string[]): Promise<readonly KeyGroup[]> {
  const groups = new Map<string, KeyGroup>();
  await each(await rest.keysWith(streams[0] ?? ""), async (key) => {
    const type = String(await rest.command("TYPE", key));
    const left = Number(await rest.command("PTTL", key));
    const name = wordsFor(key, streams);
    const before = groups.get(name);
    const stays = left < 0 || (before !== undefined && before.expiresInMs === undefined);
    groups.set(name, {
      name,
      type,
      count: (before?.count ?? 0) + 1,
      expiresInMs: stays ? undefined : Math.max(left, before?.expiresInMs ?? 0),
    });
  });
  return [...groups.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** The part of a key that tells what it is for: without the stream's name and without ids. */
function wordsFor(key: string, streams: readonly string[]): string {
  if (streams.includes(key)) return "streams";
  const stream = streams.find((name) => key.includes(`:xd:${name}:`)) ?? "";
  return key.slice(key.indexOf(`:xd:${stream}:`) + `:xd:${stream}:`.length).split(":")[1] ?? key;
}

/** Every reply of XINFO CONSUMERS begins with the name. */
function namesOf(reply: unknown): string[] {
  return (reply as readonly (readonly unknown[])[]).map((consumer) => String(consumer[1]));
}

async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>) {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
