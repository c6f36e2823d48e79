import { charsOf } from "../inspect/slices.ts";
import { named, numberIn } from "../redis/answers.ts";
import { asEntries, asNumber, asText, asTexts } from "../redis/reply.ts";
import type { Answer } from "../store.ts";
import type { EntryFacts, StreamFacts } from "./facts.ts";
import type { Look } from "./look.ts";

/** The reply of XINFO STREAM. */
export function readStreamInfo(reply: unknown): StreamFacts {
  const info = named(reply);
  return {
    length: asNumber(info.get("length")),
    added: numberIn(info, "entries-added"),
    firstId: idOf(info.get("first-entry")),
    lastId: asText(info.get("last-generated-id")),
  };
}

/** What there is under the stream's name. */
export function streamIs(answer: Answer): "there" | "missing" | "other" | "unseen" {
  if (answer.ok) return answer.reply === null ? "missing" : "there";
  if (/no such key/i.test(answer.message)) return "missing";
  return /\bWRONGTYPE\b/.test(answer.message) ? "other" : "unseen";
}

const MOST_ENTRIES = 50;
const MOST_CHARS = 1_000_000;

/** The newest entries, as many as are likely to hold a megabyte. */
export async function readNewest(
  look: Look,
  stream: string,
  info: Answer,
): Promise<readonly EntryFacts[]> {
  if (!info.ok || info.reply === null) return [];
  const count = Math.max(2, Math.min(MOST_ENTRIES, Math.floor(MOST_CHARS / sizeOfLast(info))));
  const entries = await look.ask({
    command: ["XREVRANGE", stream, "+", "-", "COUNT", String(count)],
    about: "the newest entries",
    read: asEntries,
  });
  return entries ?? [];
}

function sizeOfLast(info: Answer & { readonly ok: true }): number {
  const last = named(info.reply).get("last-entry");
  if (!Array.isArray(last) || last.length < 2) return 1;
  return Math.max(1, charsOf(asTexts(last[1])));
}

function idOf(entry: unknown): string | undefined {
  return Array.isArray(entry) && entry.length > 0 ? asText(entry[0]) : undefined;
}
