import { readGroup, readTime } from "../redis/answers.ts";
import { asNumber } from "../redis/reply.ts";
import { statsCommands } from "../redis/stats.ts";
import type { Store, StoreQueue } from "../store.ts";
import type { LaterFacts, LaterGroup } from "./facts.ts";
import type { Look } from "./look.ts";
import { oldestPendingOf } from "./read-groups.ts";
import { readStreamInfo } from "./read-stream.ts";

/** Looks again at what changes, after a while. */
export async function readLater(
  look: Look,
  store: Store,
  of: { readonly queue: StoreQueue; readonly names: readonly string[] },
  options: { readonly watchMs: number; readonly signal?: AbortSignal },
): Promise<LaterFacts | undefined> {
  if (options.watchMs === 0) return undefined;
  await store.sleep(options.watchMs, options.signal);
  const { queue, names } = of;
  const { stream } = queue;
  const [, , , countParked = []] = statsCommands(queue);
  const [now, info, parked, groups, pending] = await Promise.all([
    look.ask({ command: ["TIME"], about: "the server's clock", read: readTime }),
    look.ask({
      command: ["XINFO", "STREAM", stream],
      about: "the stream",
      read: readStreamInfo,
    }),
    look.ask({ command: countParked, about: "parked messages", read: asNumber }),
    look.answer(["XINFO", "GROUPS", stream], "the consumer groups"),
    Promise.all(names.map((name) => look.ask(oldestPendingOf(stream, name)))),
  ]);
  const found = names.flatMap((name, i): (readonly [string, LaterGroup])[] => {
    const group = groups.ok ? readGroup(groups.reply, name) : undefined;
    return group === undefined ? [] : [[name, { ...group, oldestPending: pending[i] ?? [] }]];
  });
  return { now: now ?? store.now(), stream: info, parked, groups: new Map(found) };
}
