import type { Pending } from "../../src/memory/consumer-group.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { asArray, asNumber, asText } from "../../src/redis/reply.ts";
import type { GroupView, Names, View } from "./backend.ts";

/** Runs a command on the server. */
export type Call = (name: string, ...args: (string | number)[]) => Promise<unknown>;

// One script, so that the server asks for the time once: each look at the file of its clock takes long.
const VIEW = `
local stream, parked, keys, crashes, dead, delayed, holders, stats, due = unpack(KEYS)
local function try(...)
  local reply = redis.pcall(...)
  if reply.err and not (reply.err:find("no such key") or reply.err:find("NOGROUP")) then
    error(reply.err)
  end
  return reply.err and {} or reply
end
local ids, own = {}, {}
for i, entry in ipairs(try("XRANGE", stream, "-", "+")) do
  ids[i] = entry[1]
  if entry[2][1] == "xd:id" then own[#own + 1], own[#own + 2] = entry[2][2], entry[1] end
end
return {
  try("XINFO", "STREAM", stream), ids, try("XINFO", "GROUPS", stream),
  try("XINFO", "CONSUMERS", stream, ARGV[1]), try("XPENDING", stream, ARGV[1], "-", "+", 10000),
  try("ZRANGE", parked, 0, -1, "WITHSCORES"), try("ZRANGE", keys, 0, -1, "WITHSCORES"),
  try("HGETALL", crashes), try("XRANGE", dead, "-", "+"),
  try("ZRANGE", delayed, 0, -1, "WITHSCORES"), own,
  try("HGETALL", holders), try("HGETALL", stats), try("HGETALL", due),
}`;

/** All that a server has of a queue at this time. */
export async function readView(call: Call, names: Names, at: number): Promise<View> {
  const keys = groupKeys(names);
  const { stream: key, parked: parkedKey, keys: recordsKey, crashes: crashesKey } = keys;
  const all = [
    key,
    parkedKey,
    recordsKey,
    crashesKey,
    keys.dead,
    keys.delayed,
    keys.ids,
    keys.stats,
    keys.due,
  ];
  const reply = await call("EVAL", VIEW, all.length, ...all, names.group);
  const [stream, entries, groups, consumers, pending, ...tables] = asArray(reply);
  const [parked, records, crashes, dead, delayed, own, holders, stats, due] = tables;
  const entryOfOwn = new Map(pairsOf(own));
  const ids = asArray(entries).map(asText);
  const there = new Set(ids);
  const read = new Map(
    asArray(groups).map((group) => [
      asText(fieldOf(group, "name")),
      asText(fieldOf(group, "last-delivered-id")),
    ]),
  );
  const lastDelivered = read.get(names.group);
  read.delete(names.group);
  return {
    now: at,
    has: (id: string) => there.has(id),
    entries: () => ids,
    length: ids.length,
    added: asNumber(fieldOf(stream, "entries-added") ?? 0),
    group:
      lastDelivered === undefined
        ? undefined
        : readGroup(lastDelivered, asArray(consumers), asArray(pending), at),
    others: read,
    parked: parkedIn(parked),
    due: parkedIn(due),
    markers: { parked: isMarked(parked), due: isMarked(due) },
    keys: new Map(pairsOf(records).map(([key, score]) => [key, readRecord(Number(score))])),
    crashes: new Map(pairsOf(crashes).map(([id, count]) => [id, Number(count)])),
    ids: new Map(pairsOf(holders)),
    delayed: new Map(pairsOf(delayed).map(([id, due]) => [id, Number(due)])),
    entryOf: (id: string) => entryOfOwn.get(id),
    dead: new Set(
      asArray(dead).map((letter) => asText(fieldOf(asArray(letter)[1], "original_id"))),
    ),
    stats: new Map(pairsOf(stats)),
  };
}

/** A value in a reply of names and values, alternating. */
function fieldOf(reply: unknown, name: string): unknown {
  const list = asArray(reply);
  const at = list.findIndex((field, index) => index % 2 === 0 && asText(field) === name);
  return at === -1 ? undefined : list[at + 1];
}

function pairsOf(reply: unknown): [string, string][] {
  const list = asArray(reply).map(asText);
  return list.flatMap((name, index) =>
    index % 2 === 0 ? [[name, list[index + 1] as string]] : [],
  );
}

// As docs/design.md says that the scripts write them.
function readParked(id: string, score: number) {
  const rest = score % 1024;
  return {
    id,
    due: Math.floor(score / 1024),
    crashed: rest >= 512,
    deliveries: rest % 512,
  };
}

function isMarked(reply: unknown): boolean {
  return pairsOf(reply).some(([id]) => id === "xd:parked");
}

function parkedIn(reply: unknown) {
  const pairs = pairsOf(reply).filter(([id]) => !id.startsWith("xd:")); // marks
  return new Map(pairs.map(([id, score]) => [id, readParked(id, Number(score))]));
}

function readRecord(score: number) {
  if (score < 0) return { expiresAt: score, done: false };
  return { expiresAt: Math.floor(score / 2), done: score % 2 === 1 };
}

function readGroup(
  lastDelivered: string,
  consumers: readonly unknown[],
  pending: readonly unknown[],
  now: number,
): GroupView {
  const list = pending.map((item): Pending => {
    const [id, consumer, idle, deliveries] = asArray(item);
    return {
      id: asText(id),
      consumer: asText(consumer),
      deliveredAt: now - asNumber(idle),
      deliveries: asNumber(deliveries),
    };
  });
  const byId = new Map(list.map((item) => [item.id, item]));
  return {
    lastDelivered,
    consumers: consumers.map((consumer) => asText(fieldOf(consumer, "name"))),
    pending: {
      get: (id) => byId.get(id),
      has: (id) => byId.has(id),
      list: () => list,
    },
  };
}
