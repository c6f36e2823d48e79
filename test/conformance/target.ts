import type { Store, StoreQueue } from "../../src/store.ts";
import type { Outside } from "./outside.ts";

/** A request that gets no answer: it never arrives, or it is carried out all the same. */
export interface Loss {
  /** Undefined where this one gets through. */
  readonly lost: "request" | "response" | undefined;
  /** What happens before the store sends the next one. */
  readonly meanwhile?: () => Promise<unknown>;
}

/** What the suite holds to the port: a store, and ways to trouble it. */
export interface Target {
  readonly store: Store;
  /** The same data through a network where each loss hits one request, in their order. */
  faulty(...losses: readonly Loss[]): Promise<Store>;
  /** The store of another process, whose chance is that of every other one: all were restored from one snapshot. */
  twin(): Store;
  /** Waits until the server's clock has gone on so far. */
  pass(ms: number): Promise<void>;
  /** The same for what this queue has stored, without waiting: what is to come later can be far away. */
  age(queue: StoreQueue, ms: number): Promise<void>;
  /** Other programs at the same stream. */
  outside(queue: StoreQueue): Outside;
  close(): Promise<void>;
}

/** Answers each question for a fate with the next loss; what follows a loss runs before. */
export function lossesInOrder(losses: readonly Loss[]): () => Promise<Loss["lost"] | undefined> {
  const waiting = [...losses];
  let meanwhile: Loss["meanwhile"];
  return async () => {
    const before = meanwhile;
    meanwhile = undefined;
    await before?.();
    const loss = waiting.shift();
    meanwhile = loss?.meanwhile;
    return loss?.lost;
  };
}
