import { createQueue, type Queue } from "../../queue.ts";
import type { QueueOptions } from "../../queue-options.ts";
import { randomId } from "../../random-id.ts";
import { groupKeys } from "../../redis/keys.ts";
import type { ClaimedEntry, Delivery, StoreQueue, TurnReply, TurnRequest } from "../../store.ts";
import type { Retrial } from "../../turn.ts";
import type { Loss, Scratch } from "./scratch.ts";

/** One of the protocol's promises, and how it is held against a server. */
export interface Promised {
  /** The promise, in one sentence. */
  readonly sentence: string;
  keep(bench: Bench): Promise<void>;
}

/** Where one promise is held against the server: a scratch, and queues on it. */
export interface Bench {
  /** A lease that is short, and long enough for several round trips. */
  readonly leaseMs: number;
  /** A queue of the scratch; `level` tells several apart. */
  open(options?: Partial<QueueOptions>, level?: string): Opened;
  /** The next requests get lost. */
  lose(...losses: readonly Loss[]): void;
  /** A command of another program. */
  call(...command: readonly string[]): Promise<unknown>;
  /** Waits until so much time is over. */
  pass(ms: number): Promise<void>;
}

/** A queue, the port below it, and the steps of a pass. */
export interface Opened {
  readonly queue: Queue<unknown>;
  readonly port: StoreQueue;
  readonly keys: ReturnType<typeof groupKeys>;
  /** Sends payloads; returns their ids. */
  send(...payloads: readonly unknown[]): Promise<string[]>;
  sendKeyed(...idempotencyKeys: readonly string[]): Promise<string[]>;
  /** One turn of a pass, which claims nothing unless told to. */
  turn(token: string, request?: Partial<TurnRequest>): Promise<TurnReply>;
  /** A turn that claims up to so many, with nothing in hand. */
  claim(token: string, count?: number, request?: Partial<TurnRequest>): Promise<TurnReply>;
  /** Ids of all entries of the stream. */
  ids(): Promise<string[]>;
  /** Consumers that own something, and others that are not the permanent one. */
  consumers(): Promise<string[]>;
}

// Asked by scripts, since a replica that answers a plain read may be behind.
const ENTRIES = "return redis.call('XRANGE',KEYS[1],'-','+')";
const CONSUMERS = "return redis.call('XINFO','CONSUMERS',KEYS[1],ARGV[1])";

export function openBench(scratch: Scratch, leaseMs: number): Bench {
  const { store, name, call } = scratch;
  return {
    leaseMs,
    lose: scratch.lose,
    call,
    pass: (ms) => store.sleep(ms + 20),
    open(options = {}, level = "q") {
      const queue = createQueue<unknown>({ name: `{${name}}:${level}`, store, ...options });
      const port = queue.resolved.storeQueue;
      const turn: Opened["turn"] = (token, request = {}) =>
        store.turn(port, turnRequest(token, request), {});
      return {
        queue,
        port,
        keys: groupKeys(port),
        turn,
        claim: (token, count = 100, request = {}) => turn(token, { ...request, claim: count }),
        async send(...payloads) {
          const sent = await queue.sendBatch(payloads.map((payload) => ({ payload })));
          return sent.map(({ id }) => id);
        },
        async sendKeyed(...keys) {
          const batch = keys.map((key) => ({ payload: key, idempotencyKey: key }));
          return (await queue.sendBatch(batch)).map(({ id }) => id);
        },
        async ids() {
          const entries = (await call("EVAL", ENTRIES, "1", port.stream)) as [string][];
          return entries.map(([id]) => id);
        },
        async consumers() {
          const { stream, group } = port;
          const listed = (await call("EVAL", CONSUMERS, "1", stream, group)) as unknown[][];
          const names = listed.map((flat) => ({ name: String(flat[1]), pending: Number(flat[3]) }));
          return names
            .filter(({ name: one, pending }) => pending > 0 || one !== "xd:suspects")
            .map((one) => one.name);
        },
      };
    },
  };
}

export function turnRequest(token: string, request: Partial<TurnRequest>): TurnRequest {
  return {
    token,
    first: false,
    pass: token,
    leaving: true,
    complete: [],
    retry: [],
    dead: [],
    release: [],
    waiting: [],
    held: [],
    renew: false,
    claim: 0,
    maxBytes: 4_000_000,
    sizeHint: 40_000,
    survey: true,
    suspects: "first",
    suspectBatch: 10,
    number: 0,
    final: false,
    keyed: false,
    housekeeping: false,
    journal: undefined,
    found: undefined,
    ...request,
  };
}

/** A pass token as passes draw them. */
export function newToken(): string {
  return `xd:${randomId(Math.random)}`;
}

/** What a pass has in its hand after a claim. */
export function inHand({ messages }: Pick<TurnReply, "messages">, key = ""): Delivery[] {
  return messages.map(({ id, delivery, crashes }: ClaimedEntry) => {
    return { id, delivery, key, crashed: crashes > 0 };
  });
}

/** Outcomes with a wait: retries and releases. */
export function later(held: readonly Delivery[], delayMs = 0): Retrial[] {
  return held.map((delivery) => ({ ...delivery, delayMs }));
}

export function rejectAll(held: readonly Delivery[]) {
  const story = { reason: "rejected" as const, error: "no", failures: 1 };
  return held.map((delivery) => ({ ...delivery, ...story }));
}

export function idsOf({ messages }: Pick<TurnReply, "messages">): string[] {
  return messages.map(({ id }) => id);
}
