import { Redis } from "ioredis";
import type { ClockedRedis } from "../../scripts/redis-clock.ts";
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
import { turnCall, turnsCall } from "../../src/redis/turn-call.ts";
import { readTurnReply, readTurnsReply } from "../../src/redis/turn-reply.ts";
import { type Backend, type Names, OutOfMemory, type Place, type Surroundings } from "./backend.ts";
import { Violation } from "./ledger.ts";
import { type Call, readView } from "./real-view.ts";

/** A redis-server that worlds run on, one after the other. */
export interface RealServer {
  /** Empties it for another world. */
  open(surroundings: Surroundings): Promise<Backend>;
  close(): Promise<void>;
}

/** The scripts, on a redis-server whose clock is the world's. */
export function connectReal(server: ClockedRedis): RealServer {
  const redis = new Redis(server.url, { protocol: 2, maxRetriesPerRequest: 0 });
  const call: Call = (name, ...args) => redis.call(name, args);
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

    let turns = 0;
    return {
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
      async turns(parts, attempt) {
        const reply = await run(turnsCall(parts, attempt));
        if (reply[0] === "late") return undefined;
        const replies = readTurnsReply(succeeded(reply), 1);
        const failed = replies.find(({ error }) => error !== undefined);
        if (failed !== undefined) throw new Violation(`a script failed: ${failed.error}`);
        return replies;
      },
      send: async (queue, request) =>
        readSendReply(succeeded(await run(sendCall(queue, request, REMEMBER_MS))), 1),
      trim: async (queue, groups) =>
        readTrimReply(succeeded(await run(trimCall(queue, groups))), 1),
      cancel: async (queue, id, requestId) =>
        asNumber(succeeded(await run(cancelCall(queue, id, requestId, REMEMBER_MS)))[2]) === 1,
      repair: async (queue, request) =>
        readRepairReply(succeeded(await run(repairCall(queue, request)))),

      place: placeOf,
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
    };

    function placeOf(names: Names): Place {
      return {
        view: () => atNow(() => readView(call, names, Math.floor(now()))),
        setPaused: (paused) =>
          atNow(async () => {
            const { parked } = groupKeys(names);
            if (paused) await call("ZADD", parked, "-1", "xd:paused");
            else await call("ZREM", parked, "xd:paused");
          }),
        loseGroup: () =>
          atNow(
            async () =>
              void (await orNothing(call("XGROUP", "DESTROY", names.stream, names.group))),
          ),
        loseKey: (which) => atNow(async () => void (await call("DEL", groupKeys(names)[which]))),
        addForeign: (count) =>
          atNow(async () => {
            const ids = [];
            for (let i = 0; i < count; i += 1) {
              ids.push(asText(await call("XADD", names.stream, "*", "foreign", "1")));
            }
            return ids;
          }),
        leaveAs: (name) =>
          atNow(async () => {
            const { stream, group } = names;
            if (name === group) {
              await orNothing(call("XGROUP", "DELCONSUMER", stream, group, "auditor"));
            } else await orNothing(call("XGROUP", "DESTROY", stream, name));
          }),
        makeGroup: (name) =>
          atNow(
            async () => void (await call("XGROUP", "CREATE", names.stream, name, "0", "MKSTREAM")),
          ),
        readAs: (name, count) =>
          atNow(async () => {
            const from = ["STREAMS", names.stream, ">"];
            await orNothing(call("XREADGROUP", "GROUP", name, "auditor", "COUNT", count, ...from));
          }),
        async pendingOf(name) {
          const list = await orNothing(
            call("XPENDING", names.stream, name, "-", "+", 10_000, "auditor"),
          );
          return asArray(list).map((item) => asText(asArray(item)[0]));
        },
        ackAs: (name, ids) =>
          atNow(async () => {
            if (ids.length > 0) await call("XACK", names.stream, name, ...ids);
          }),
      };
    }
  }
}

const SUCCESSES: readonly unknown[] = ["ok", "partial", "full", "undeclared", "orphans"];

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
