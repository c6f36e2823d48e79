import { turnRequest } from "../../src/doctor/conformance/bench.ts";
import { createQueue, type Queue, type QueueOptions } from "../../src/index.ts";
import type {
  ClaimedEntry,
  Delivery,
  Store,
  StoreQueue,
  TurnReply,
  TurnRequest,
} from "../../src/store.ts";
import { uniqueName } from "../support/redis.ts";
import type { Outside } from "./outside.ts";
import type { Target } from "./target.ts";

export { turnRequest };

/** A queue of its own, with the port below it and the outside world beside it. */
export interface Workbench {
  readonly queue: Queue<unknown>;
  readonly store: Store;
  readonly port: StoreQueue;
  readonly outside: Outside;
  /** Sends payloads; returns their ids. */
  send(...payloads: readonly unknown[]): Promise<string[]>;
  sendKeyed(...keys: readonly string[]): Promise<string[]>;
  /** One turn of a pass, which claims nothing unless told to. */
  turn(token: string, request?: Partial<TurnRequest>, store?: Store): Promise<TurnReply>;
  /** A turn that claims up to so many, with nothing in hand. */
  claim(token: string, count?: number, request?: Partial<TurnRequest>): Promise<TurnReply>;
  /** As if so much time had gone by for what the queue has stored. */
  age(ms: number): Promise<void>;
}

export function openWorkbench(
  target: Target,
  options: Partial<QueueOptions> & { readonly port?: Partial<StoreQueue> } = {},
): Workbench {
  const { port: portOptions, ...queueOptions } = options;
  const name = uniqueName();
  const queue = createQueue({
    name,
    store: target.store,
    deadLetters: { stream: `{${name}}:dead` },
    ...queueOptions,
  });
  const port = { ...queue.resolved.storeQueue, ...portOptions };
  const turn: Workbench["turn"] = (token, request = {}, store = target.store) =>
    store.turn(port, turnRequest(token, request), {});
  return {
    queue,
    port,
    store: target.store,
    outside: target.outside(port),
    age: (ms) => target.age(port, ms),
    turn,
    claim: (token, count = 100, request = {}) => turn(token, { ...request, claim: count }),
    async send(...payloads) {
      const sent = await queue.sendBatch(payloads.map((payload) => ({ payload })));
      return sent.map(({ id }) => id);
    },
    async sendKeyed(...keys) {
      const batch = keys.map((idempotencyKey) => ({ payload: idempotencyKey, idempotencyKey }));
      return (await queue.sendBatch(batch)).map(({ id }) => id);
    },
  };
}

/** A pass token as passes draw them. */
export function newToken(): string {
  return `xd:${uniqueName("pass")}`;
}

/** What a pass has in its hand after a claim. */
export function inHand(messages: readonly ClaimedEntry[], key = ""): Delivery[] {
  return messages.map(({ id, delivery, crashes }) => {
    return { id, delivery, key, crashed: crashes > 0 };
  });
}

/** Outcomes with a wait: retries and releases. */
export function later(held: readonly Delivery[], delayMs = 0) {
  return held.map((delivery) => ({ ...delivery, delayMs }));
}

export function rejectAll(held: readonly Delivery[], failures = 1) {
  const story = { reason: "rejected" as const, error: "Reject: no", failures };
  return held.map((delivery) => ({ ...delivery, ...story }));
}

export function idsOf(reply: TurnReply): string[] {
  return reply.messages.map(({ id }) => id);
}
