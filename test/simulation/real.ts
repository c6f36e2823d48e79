import { Redis } from "ioredis";
import type { ClockedRedis } from "../../scripts/redis-clock.ts";
import type { Pending } from "../../src/memory/consumer-group.ts";
import { createEvaluator } from "../../src/redis/evaluate.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import {
  cancelCall,
  readRepairReply,
  readTrimReply,
  repairCall,
  trimCall,
} from "../../src/redis/maintenance.ts";
import { asArray, asNumber, asText } from "../../src/redis/reply.ts";
import type { ScriptCall } from "../../src/redis/script.ts";
import { REMEMBER_MS, readSendReply, sendCall } from "../../src/redis/send.ts";
import type { Transport } from "../../src/redis/transport.ts";
import { readTurnReply, readTurnsReply, turnCall, turnsCall } from "../../src/redis/turn.ts";
import { type Backend, type GroupView, NAMES, OutOfMemory, type Surroundings } from "./backend.ts";
import { Violation } from "./ledger.ts";

/** A redis-server that worlds run on, one after the other. */
export interface RealServer {
  /** Empties it for another world. */
  open(surroundings: Surroundings): Promise<Backend>;
  close(): Promise<void>;
}

/** The scripts, on a redis-server whose clock is the world's. */
export function connectReal(server: ClockedRedis): RealServer {
  const redis = new Redis(server.url, { protocol: 2, maxRetriesPerRequest: 0 });
  const call = (name: string, ...args: (string | number)[]) => redis.call(name, args);
  const transport: Transport = {
    async command([name = "", ...args]) {
      try {
        return { ok: true, reply: await redis.call(name, args) };
      } catch (error) {
        return { ok: false, message: error instanceof Error ? error.message : String(error) };
      }
    },
  };
  const evaluator = createEvaluator(transport, false);
  const { signal } = new AbortController();

  return {
    async open(surroundings) {
      await redis.flushall();
      return createReal(surroundings);
    },
    async close() {
      redis.disconnect();
      await server.stop();
    },
  };

  function createReal({ now, isFull }: Surroundings): Backend {
    /** Does it at the time that the world has now. */
    async function atNow<Reply>(work: () => Promise<Reply>): Promise<Reply> {
      server.setClock(now());
      return await work();
    }

    /** Runs a script, in a full memory where the world says so. */
    async function run(scriptCall: ScriptCall): Promise<readonly unknown[]> {
      server.setClock(now());
      const full = isFull();
      if (full) void call("CONFIG", "SET", "maxmemory", "1");
      const answer = await evaluator.evaluate(scriptCall, { signal, count: () => {} });
      if (full) void call("CONFIG", "SET", "maxmemory", "0");
      if (answer.ok) return asArray(answer.reply);
      if (/\bOOM\b/.test(answer.message)) throw new OutOfMemory();
      throw new Violation(`a script failed: ${answer.message}`);
    }

    async function view() {
      server.setClock(now());
      const at = Math.floor(now());
      const keys = groupKeys(NAMES);
      const names = [
        keys.stream,
        keys.parked,
        keys.keys,
        keys.crashes,
        keys.dead,
        keys.delayed,
        keys.ids,
      ];
      const reply = await call("EVAL", VIEW, names.length, ...names, NAMES.group);
      const [stream, entries, groups, consumers, pending, ...tables] = asArray(reply);
      const [parked, records, crashes, dead, delayed, own, holders] = tables;
      const entryOfOwn = new Map(pairsOf(own));
      const ids = asArray(entries).map(asText);
      const there = new Set(ids);
      const read = new Map(
        asArray(groups).map((group) => [
          asText(fieldOf(group, "name")),
          asText(fieldOf(group, "last-delivered-id")),
        ]),
      );
      const lastDelivered = read.get(NAMES.group);
      read.delete(NAMES.group);
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
        parked: new Map(
          pairsOf(parked)
            .filter(([id]) => !id.startsWith("xd:")) // marks
            .map(([id, score]) => [id, readParked(id, Number(score))]),
        ),
        keys: new Map(pairsOf(records).map(([key, score]) => [key, readRecord(Number(score))])),
        crashes: new Map(pairsOf(crashes).map(([id, count]) => [id, Number(count)])),
        ids: new Map(pairsOf(holders)),
        delayed: new Map(pairsOf(delayed).map(([id, due]) => [id, Number(due)])),
        entryOf: (id: string) => entryOfOwn.get(id),
        dead: new Set(
          asArray(dead).map((letter) => asText(fieldOf(asArray(letter)[1], "original_id"))),
        ),
      };
    }

    let turns = 0;
    return {
      view,
      async turn(queue, request, attempt) {
        // As a step over one queue every other time: it has to come to the same.
        turns += 1;
        const asStep = turns % 2 === 0;
        const call = asStep
          ? turnsCall([{ queue, request }], attempt)
          : turnCall(queue, request, attempt);
        const reply = await run(call);
        if (reply[0] === "late") return undefined;
        return asStep
          ? readTurnsReply(succeeded(reply), 1)[0]?.reply
          : readTurnReply(succeeded(reply), 1);
      },
      send: async (queue, request) =>
        readSendReply(succeeded(await run(sendCall(queue, request, REMEMBER_MS))), 1),
      trim: async (queue, groups) =>
        readTrimReply(succeeded(await run(trimCall(queue, groups))), 1),
      cancel: async (queue, id, requestId) =>
        asNumber(succeeded(await run(cancelCall(queue, id, requestId, REMEMBER_MS)))[2]) === 1,
      repair: async (queue, cursor) =>
        readRepairReply(succeeded(await run(repairCall(queue, cursor)))),

      setPaused: (paused) =>
        atNow(async () => {
          const { parked } = groupKeys(NAMES);
          if (paused) await call("ZADD", parked, "-1", "xd:paused");
          else await call("ZREM", parked, "xd:paused");
        }),
      loseGroup: () =>
        atNow(
          async () => void (await orNothing(call("XGROUP", "DESTROY", NAMES.stream, NAMES.group))),
        ),
      loseScripts: () => atNow(async () => void (await call("SCRIPT", "FLUSH"))),
      stopReplication: () =>
        atNow(async () => {
          await call("SELECT", 1);
          await call("FLUSHDB");
          await call("SELECT", 0);
          const keys = asArray(await call("KEYS", "*")).map(asText);
          await Promise.all(keys.map((key) => call("COPY", key, key, "DB", 1)));
          return async () => {
            server.setClock(now());
            await Promise.all([call("FLUSHDB"), call("SWAPDB", 0, 1)]);
          };
        }),

      makeGroup: (name) =>
        atNow(
          async () => void (await call("XGROUP", "CREATE", NAMES.stream, name, "0", "MKSTREAM")),
        ),
      readAs: (name, count) =>
        atNow(async () => {
          const from = ["STREAMS", NAMES.stream, ">"];
          await orNothing(call("XREADGROUP", "GROUP", name, "auditor", "COUNT", count, ...from));
        }),
      async pendingOf(name) {
        const list = await orNothing(call("XPENDING", NAMES.stream, name, "-", "+", 10_000));
        return asArray(list).map((item) => asText(asArray(item)[0]));
      },
      ackAs: (name, ids) =>
        atNow(async () => {
          if (ids.length > 0) await call("XACK", NAMES.stream, name, ...ids);
        }),
    };
  }
}

const SUCCESSES: readonly unknown[] = ["ok", "partial", "full", "undeclared", "orphans"];

// One script, so that the server asks for the time once: each look at the file of its clock takes long.
const VIEW = `
local stream, parked, keys, crashes, dead, delayed, holders = unpack(KEYS)
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
  try("HGETALL", holders),
}`;

/** Nothing where the stream or the group is not there. */
async function orNothing(reply: Promise<unknown>): Promise<readonly unknown[]> {
  try {
    const list = await reply;
    return Array.isArray(list) ? list : [];
  } catch (error) {
    if (/no such key|NOGROUP|requires the key to exist/.test(String(error))) return [];
    throw error;
  }
}

function succeeded(reply: readonly unknown[]): readonly unknown[] {
  if (SUCCESSES.includes(reply[0])) return reply;
  throw new Violation(`a script failed: ${String(reply)}`);
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
