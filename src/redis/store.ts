import { integer } from "../expect.ts";
import { randomId } from "../random-id.ts";
import type { Answer, CallLimits, Clock, Store } from "../store.ts";
import { systemClock } from "./clock.ts";
import { createEvaluator } from "./evaluate.ts";
import { groupKeys } from "./keys.ts";
import {
  cancelCall,
  forgetDoneCall,
  pauseCall,
  readRepairReply,
  readTrimReply,
  redriveCall,
  repairCall,
  replayFromCall,
  retireCall,
  trimCall,
} from "./maintenance.ts";
import { sendTogether } from "./pipeline.ts";
import { asArray, asEntries, asNumber, asText } from "./reply.ts";
import { type Attempt, MAX_PAUSE_MS, type Resent, resend, type ServerClock } from "./resend.ts";
import type { ScriptCall } from "./script.ts";
import { asIds, REMEMBER_MS, readSendReply, sendCall, unexpectedStatus } from "./send.ts";
import { nameSlots } from "./slots.ts";
import { depthCommands, readDepth, readStats, statsCommands } from "./stats.ts";
import type { Transport } from "./transport.ts";
import { turnCall, turnsCall } from "./turn-call.ts";
import { readTurnReply, readTurnsReply } from "./turn-reply.ts";

/** What every store over Redis can be told. */
export interface RedisStoreOptions {
  /** How long one request may take, in milliseconds. @default 10 000 */
  readonly requestTimeoutMs?: number;
  /** Most requests for one call when no answer comes, the first included. @default 3 */
  readonly attempts?: number;
  /** Time, chance and waiting. @default the system's */
  readonly clock?: Clock;
}

/** What the scripts of ours answer first when they did their work. */
const STATUSES: readonly unknown[] = ["ok", "partial", "full", "undeclared", "orphans"];

/** What else a store over Redis can do, for parts of the library that bring scripts of their own. */
export interface ScriptRunner {
  /** Runs a script as those of the store are run; it is told how long it may be sent again. */
  runScript(
    makeCall: (rememberMs: number) => ScriptCall,
    limits: CallLimits,
  ): Promise<Resent & { readonly reply: readonly unknown[] }>;
}

/** The Store over anything that carries commands to a Redis. */
export function createRedisStore(
  transport: Transport,
  options: RedisStoreOptions & { readonly upstash?: boolean } = {},
): Store & ScriptRunner {
  const clock = options.clock ?? systemClock;
  const serverClock: ServerClock = { offset: undefined };
  const context = {
    clock,
    policy: {
      timeoutMs: integer("requestTimeoutMs", options.requestTimeoutMs, {
        min: 1,
        max: 3_600_000,
        default: 10_000,
      }),
      attempts: integer("attempts", options.attempts, { min: 1, max: 20, default: 3 }),
    },
    serverClock,
  };

  // Longer than anything may take that sends a request again.
  const { timeoutMs, attempts } = context.policy;
  const rememberMs = Math.max(REMEMBER_MS, 2 * attempts * (timeoutMs + MAX_PAUSE_MS));
  const evaluator = createEvaluator(transport, options.upstash === true);

  /** An answer has held U+FFFD: some text has it, or bytes that are none. From then on the script tells. */
  let wary = false;

  async function run(
    makeCall: (attempt: Attempt) => ScriptCall,
    limits: CallLimits,
  ): Promise<Resent & { readonly reply: readonly unknown[] }> {
    const ask = async (attempt: Attempt) => {
      const evaluate = (one: Attempt) => evaluator.evaluate(makeCall(one), attempt);
      const answer = await evaluate({ ...attempt, check: wary });
      if (wary || !answer.ok || !isDoubtful(answer.reply)) return answer;
      wary = true;
      return evaluate({ ...attempt, number: attempt.number + 1, check: true });
    };
    const resent = await resend(context, ask, limits);
    const reply = asArray(resent.reply);
    if (!STATUSES.includes(reply[0])) throw unexpectedStatus(reply, resent.requests);
    return { ...resent, reply };
  }

  /** A single command; only for those that may run twice. */
  function single(args: readonly string[], limits: CallLimits): Promise<Resent> {
    const ask = ({ signal, count }: Attempt) => {
      count();
      return transport.command(args, signal);
    };
    return resend(context, ask, limits);
  }

  const command = async (...call: Parameters<typeof single>) => (await single(...call)).reply;

  /** Many commands that may run twice, in one round trip; each is answered by itself. */
  async function pipeline(
    commands: readonly (readonly string[])[],
    limits: CallLimits,
  ): Promise<readonly Answer[]> {
    const ask = (attempt: Attempt) => sendTogether(transport, commands, attempt);
    return (await resend(context, ask, limits)).reply as readonly Answer[];
  }

  return {
    now: () => clock.now(),
    random: () => clock.random(),
    sleep: (ms, signal) => clock.sleep(ms, signal),

    async send(queue, request, limits) {
      const resent = await run(() => sendCall(queue, request, rememberMs), limits);
      return readSendReply(resent.reply, resent.requests, resent.unanswered);
    },

    async turn(queue, request, limits) {
      const { reply, requests } = await run((attempt) => turnCall(queue, request, attempt), limits);
      const turn = readTurnReply(reply, requests);
      serverClock.offset = turn.now - clock.now();
      return turn;
    },

    async turns(parts, limits) {
      const streams = parts.map(({ queue }) => queue.stream);
      const { reply, requests } = await run((attempt) => turnsCall(parts, attempt), limits).catch(
        (error: unknown) => {
          throw nameSlots(error, streams);
        },
      );
      const replies = readTurnsReply(reply, requests);
      const last = replies.findLast((part) => part.reply !== undefined)?.reply;
      if (last !== undefined) serverClock.offset = last.now - clock.now();
      return replies;
    },

    async replay(queue, position, limits) {
      const requestId = randomId(clock.random, position);
      await run(() => replayFromCall(queue, position, requestId, rememberMs), limits);
    },

    async forgetDone(queue, position, limits) {
      const { reply } = await run(() => forgetDoneCall(queue, position), limits);
      const next = asText(reply[2]);
      return next === "" ? undefined : next;
    },

    async retire(queue, limits) {
      const requestId = randomId(clock.random);
      const { reply } = await run(() => retireCall(queue, requestId, rememberMs), limits);
      return asNumber(reply[2]) === 1;
    },

    async setPaused(queue, paused, limits) {
      const requestId = randomId(clock.random, String(paused));
      await run(() => pauseCall(queue, paused, requestId, rememberMs), limits);
    },

    async takeKick(queue, { depth, ms }, limits) {
      const key = `${groupKeys(queue).kicked}:${depth}`;
      const set = ["SET", key, "1", "NX", "PX", String(ms)];
      const { reply, unanswered } = await single(set, limits);
      // It may be our own that is there, and then nobody has kicked; a kick too many finds nothing to do.
      return reply !== null || unanswered;
    },

    async cancel(queue, id, limits) {
      const requestId = randomId(clock.random, id);
      const { reply } = await run(() => cancelCall(queue, id, requestId, rememberMs), limits);
      return asNumber(reply[2]) === 1;
    },

    async trim(queue, groups, limits) {
      const { reply, requests } = await run(() => trimCall(queue, groups), limits);
      return readTrimReply(reply, requests);
    },

    async repair(queue, request, limits) {
      const { reply } = await run(() => repairCall(queue, request), limits);
      return readRepairReply(reply);
    },

    async readDeadLetters(queue, page, limits) {
      const from = page.after === undefined ? "-" : `(${page.after}`;
      const { dead } = groupKeys(queue);
      return asEntries(
        await command(["XRANGE", dead, from, "+", "COUNT", String(page.count)], limits),
      );
    },

    async redrive(queue, ids, limits) {
      const requestId = randomId(clock.random, ids.join());
      const { reply } = await run(() => redriveCall(queue, ids, requestId, rememberMs), limits);
      const made = asIds(reply[2]);
      return ids.map((_, i) => made[i]);
    },

    async removeDeadLetters(queue, ids, limits) {
      return asNumber(await command(["XDEL", groupKeys(queue).dead, ...ids], limits));
    },

    async result(queue, name, limits) {
      const text = await command(["HGET", groupKeys(queue).results, name], limits);
      return text === null ? undefined : { result: asText(text) };
    },

    async depth(queue, limits) {
      return readDepth(await pipeline(depthCommands(queue), limits));
    },

    stats: async (queue, limits) => readStats(queue, await pipeline(statsCommands(queue), limits)),

    read: pipeline,

    runScript: (makeCall, limits) => run(() => makeCall(rememberMs), limits),
  };
}

function isDoubtful(reply: unknown): boolean {
  return Array.isArray(reply) ? reply.some(isDoubtful) : String(reply).includes("\ufffd");
}
