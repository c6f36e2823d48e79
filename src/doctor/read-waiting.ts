import { readParkedScore } from "../inspect/parked.ts";
import type { GroupKeys } from "../redis/keys.ts";
import { asNumber, asTexts } from "../redis/reply.ts";
import type { WaitingFacts } from "./facts.ts";
import type { Look } from "./look.ts";

/** What is due first, of parked and of delayed messages, and whether all delayed ones have their time. */
export async function readWaiting(look: Look, keys: GroupKeys): Promise<WaitingFacts> {
  const bodies = { command: ["HLEN", keys.bodies], about: "delayed messages", read: asNumber };
  const [parkedDueAt, delayedDueAt, before, delayed, after] = await Promise.all([
    look.ask({
      // One more than the mark of a pause, which comes before all others.
      command: ["ZRANGE", keys.parked, "0", "1", "WITHSCORES"],
      about: "when parked messages are due",
      read: (reply) => {
        const score = firstScore(reply);
        return score === undefined ? undefined : readParkedScore(score).dueAt.getTime();
      },
    }),
    look.ask({
      command: ["ZRANGE", keys.delayed, "0", "0", "WITHSCORES"],
      about: "when delayed messages are due",
      read: firstScore,
    }),
    look.ask(bodies),
    look.ask({ command: ["ZCARD", keys.delayed], about: "delayed messages", read: asNumber }),
    // What is sent or comes due in between changes it.
    look.ask(bodies),
  ]);
  const known = before !== undefined && delayed !== undefined && before === after;
  return { parkedDueAt, delayedDueAt, timeless: known ? Math.max(0, before - delayed) : 0 };
}

/** Of the first member that is no mark of ours. */
function firstScore(reply: unknown): number | undefined {
  const flat = asTexts(reply);
  const at = flat.findIndex((text, i) => i % 2 === 0 && !text.startsWith("xd:"));
  return at === -1 ? undefined : Number(flat[at + 1]);
}
