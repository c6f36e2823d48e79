import { name, onlyKnown, refuse } from "../expect.ts";
import { countIn } from "../fields.ts";
import { readGroup, readTime } from "../redis/answers.ts";
import { asArray, asEntries, asNumber } from "../redis/reply.ts";
import { describeBody } from "./delayed.ts";
import { limitsOf, tellKey } from "./held-back.ts";
import { shownChars } from "./page.ts";
import { describeContent } from "./payload.ts";
import { readPendingEntries } from "./pending.ts";
import type { Reader } from "./reader.ts";
import { findDeadLetter, findEntry } from "./search.ts";
import { type Facts, type MessageStory, type ShowOptions, tellStory, whereIs } from "./story.ts";

/**
 * The whole story of a message, by its id in the stream or by the one that `send` returned for a
 * delayed message: at most six round trips, of a bounded number of commands and bytes.
 */
export async function showMessage(
  reader: Reader,
  id: string,
  options: ShowOptions = {},
): Promise<MessageStory> {
  onlyKnown("show", options, ["payloadChars"]);
  const chars = shownChars(options.payloadChars);
  const wasDelayed = checkId(id).startsWith("d");
  const start = wasDelayed
    ? await lookAtDelayed(reader, id, chars)
    : await lookAtEntry(reader, id, chars, id);
  if (start.dueAt !== undefined) return tellStory({ ...start, searchedAll: true });

  let facts = start;
  let searchedAll = true;
  if (wasDelayed) {
    const found = await findEntry(reader, id);
    searchedAll = found.ended;
    if (found.entryId !== undefined) facts = await lookAtEntry(reader, found.entryId, chars, id);
  }
  const where = whereIs(facts);
  if (where !== "done" && where !== "gone") {
    const { entryId, now, content } = facts;
    const key = where === "inFlight" ? undefined : content?.idempotencyKey;
    const ids = [id, entryId ?? id];
    const held = key === undefined ? undefined : await tellKey(reader, key, { ids, now });
    const heldBack = held === undefined ? facts.heldBack : [...facts.heldBack, held];
    return tellStory({ ...facts, heldBack, searchedAll: true });
  }
  const search = await findDeadLetter(reader, id);
  const { letter } = search;
  return tellStory({
    ...facts,
    letter,
    content: letter ? describeContent(letter.fields, reader.queue.keyField, chars) : facts.content,
    searchedAll: letter !== undefined || (searchedAll && search.ended),
  });
}

function checkId(id: string): string {
  name("id", id, 128);
  return /^(\d+-\d+|d\d+-\d+-\S+)$/.test(id)
    ? id
    : refuse("id", "the id of a message, such as 1700000000000-0", id);
}

type Start = Omit<Facts, "searchedAll">;

/** What is asked of the queue, and of any id. */
async function lookAt(reader: Reader, id: string, more: readonly (readonly string[])[]) {
  const { stream, parked, stats, state, results, keys } = reader.keys;
  const limits = limitsOf(reader);
  const [time, groups, pause, last, agreed, result, done, ...replies] = await reader.ask(
    ["TIME"],
    ["XINFO", "GROUPS", stream],
    ["ZSCORE", parked, "xd:paused"],
    ["HGET", stats, "last"],
    ["HMGET", state, "lease", "lease_at", "lease_before"],
    ["HGET", results, id],
    ["ZSCORE", keys, id],
    ...limits.map(([command]) => command),
    ...more,
  );
  const now = readTime(time);
  const rest = replies.slice(limits.length);
  const facts: Start = {
    id,
    now,
    leaseMs: leaseOf(reader.queue.leaseMs, agreed, now),
    paused: typeof pause === "string",
    heldBack: limits.flatMap(([, tell], i) => tell(replies[i], now) ?? []),
    lastPass: numberOr(last) ?? 0,
    position: readGroup(groups, reader.queue.group)?.lastDelivered ?? "0-0",
    dueAt: undefined,
    entryId: undefined,
    pending: undefined,
    parkedScore: undefined,
    crashes: 0,
    triedBefore: 0,
    letter: undefined,
    doneUntil: doneUntil(numberOr(done)),
    result: typeof result === "string" && result !== "" ? result : undefined,
    content: undefined,
  };
  return { facts, rest };
}

/** The lease that a sweep waits for, as sweep.lua takes it. */
function leaseOf(own: number, agreed: unknown, now: number): number {
  const [lease, at, before] = asArray(agreed ?? []).map((value) => Number(value ?? 60_000));
  const isRecent = now - (at ?? 0) < 2 * (before ?? 0) + 30_000;
  return Math.max(own, lease ?? 0, isRecent ? (before ?? 0) : 0);
}

/** The score is the expiry × 2, and one more where the work is done. */
function doneUntil(score: number | undefined): number | undefined {
  return score !== undefined && score > 0 && score % 2 === 1 ? (score - 1) / 2 : undefined;
}

function numberOr(reply: unknown): number | undefined {
  return reply === null || reply === undefined ? undefined : asNumber(reply);
}

async function lookAtDelayed(reader: Reader, id: string, chars: number): Promise<Start> {
  const { delayed, bodies } = reader.keys;
  const { facts, rest } = await lookAt(reader, id, [
    ["ZSCORE", delayed, id],
    ["HGET", bodies, id],
  ]);
  const dueAt = numberOr(rest[0]);
  if (dueAt === undefined) return facts;
  const body = typeof rest[1] === "string" ? rest[1] : undefined;
  return { ...facts, dueAt, content: describeBody(body, reader.queue.keyField, chars) };
}

async function lookAtEntry(
  reader: Reader,
  entryId: string,
  chars: number,
  askedFor: string,
): Promise<Start> {
  const { stream, parked, crashes } = reader.keys;
  const { facts, rest } = await lookAt(reader, entryId, [
    ["XRANGE", stream, entryId, entryId, "COUNT", "1"],
    ["XPENDING", stream, reader.queue.group, entryId, entryId, "1"],
    ["ZSCORE", parked, entryId],
    ["HGET", crashes, entryId],
  ]);
  const [entry] = asEntries(rest[0]);
  const fields = entry?.fields;
  return {
    ...facts,
    id: askedFor,
    entryId: entry?.id,
    pending: readPendingEntries(rest[1])[0],
    parkedScore: numberOr(rest[2]),
    crashes: numberOr(rest[3]) ?? 0,
    triedBefore: countIn(fields ?? [], reader.queue.retryCountField),
    content: fields && describeContent(fields, reader.queue.keyField, chars),
  };
}
