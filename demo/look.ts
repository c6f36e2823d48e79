import type { InboxDelivery } from "../functions/inbox/queue.ts";
import type { DeadLetter, Depth, Queue } from "../src/index.ts";
import type { Rest } from "./rest.ts";

/** What a look into Redis found when all was over. */
export interface Findings {
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
  queue: Queue<InboxDelivery>,
  rest: Rest,
  deliveries: readonly InboxDelivery[],
): Promise<Findings> {
  const { stream, group } = queue.resolved.storeQueue;
  const dead = (await queue.deadLetters.list()) as readonly DeadLetter<InboxDelivery>[];
  return {
    depth: await queue.depth(),
    dead,
    results: await readResults(queue, deliveries),
    consumers: namesOf(await rest.command("XINFO", "CONSUMERS", stream, group)),
    keys: await groupKeys(rest, stream),
  };
}

async function readResults(
  queue: Queue<InboxDelivery>,
  deliveries: readonly InboxDelivery[],
): Promise<ReadonlyMap<string, unknown>> {
  const results = new Map<string, unknown>();
  await each(deliveries, async ({ delivery }) => {
    const result = await queue.result(delivery);
    if (result !== undefined) results.set(delivery, result);
  });
  return results;
}

async function groupKeys(rest: Rest, stream: string): Promise<readonly KeyGroup[]> {
  const groups = new Map<string, KeyGroup>();
  await each(await rest.keysWith(stream), async (key) => {
    const type = String(await rest.command("TYPE", key));
    const left = Number(await rest.command("PTTL", key));
    const name = wordsFor(key, stream);
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
function wordsFor(key: string, stream: string): string {
  if (key === stream) return "the stream";
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
