import type { Redis } from "ioredis";
import {
  createQueue,
  drain,
  type Message,
  type Queue,
  Reject,
  StoreError,
} from "../../src/index.ts";
import type { ClaimedEntry, Delivery, Store, TurnReply, TurnRequest } from "../../src/store.ts";
import { inHand, later, newToken, rejectAll, turnRequest } from "../conformance/workbench.ts";
import { uniqueName } from "../support/redis.ts";
import { letTimePass } from "../support/time-travel.ts";
import { type Fault, faultyStore } from "../support/transports.ts";

/** What becomes of a message in the handler's hands. */
export interface Plan {
  readonly key: string | undefined;
  /** How often the handler refuses it first. */
  readonly failures: number;
  readonly rejected: boolean;
}

export type Step =
  | { readonly kind: "send"; readonly plans: readonly Plan[] }
  | {
      readonly kind: "pass";
      readonly batch: number;
      readonly concurrency: number;
      readonly lanes: number;
      readonly maxMessages: number;
      readonly faults: readonly Fault[];
    }
  | {
      readonly kind: "zombie claims";
      readonly zombie: number;
      readonly claim: number;
      readonly faults: readonly Fault[];
    }
  | {
      readonly kind: "zombie settles";
      readonly zombie: number;
      readonly outcomes: readonly ("complete" | "retry" | "dead" | "release" | "held")[];
      readonly final: boolean;
      readonly faults: readonly Fault[];
    };

/** Steps that go on at the same time; then, perhaps, all leases run out. */
export interface Round {
  readonly steps: readonly Step[];
  readonly leasesEnd: boolean;
}

/** A pass that sleeps while it has messages in hand, and wakes up at any time. */
interface Zombie {
  readonly token: string;
  hand: readonly ClaimedEntry[];
  /** All leases ran out since its last turn, which renews those that it still has. */
  overslept: boolean;
  /** Its turns go one after the other, as those of any pass. */
  turns: Promise<void>;
}

const LEASE_MS = 60_000;
export const MAX_FAILURES = 3;

/** A queue, everything that happens to it, and what was confirmed. */
export class World {
  readonly name = uniqueName("world");
  readonly sent = new Map<string, Plan>();
  /** By id: how often it was worked on with success, and how often refused. */
  readonly succeeded = new Map<string, number>();
  readonly refused = new Map<string, number>();
  readonly complaints: string[] = [];
  completed = 0;
  duplicates = 0;
  /** Completions that a call which failed may have made. */
  uncertain = 0;
  responsesLost = false;
  readonly #redis: Redis;
  readonly #zombies: Zombie[] = Array.from({ length: 3 }, () => {
    return { token: newToken(), hand: [], overslept: false, turns: Promise.resolve() };
  });

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  queue(store: Store): Queue<Plan> {
    const backoff = { initial: 0 };
    return createQueue<Plan>({ name: this.name, store, maxFailures: MAX_FAILURES, backoff });
  }

  healthy(): Queue<Plan> {
    return this.queue(this.#store([]));
  }

  async play({ steps, leasesEnd }: Round): Promise<void> {
    await Promise.all(steps.map((step) => this.#take(step)));
    if (leasesEnd) await this.endLeases();
  }

  async endLeases(): Promise<void> {
    for (const zombie of this.#zombies) zombie.overslept = true;
    await letTimePass(this.#redis, this.name, LEASE_MS + 1_000);
  }

  /** Passes that no longer meet with any trouble, until nothing is left. */
  async finish(): Promise<void> {
    await this.#drainAll();
    // The end of a sweep that finds something also removes the consumers that others left.
    await this.#send([{ key: undefined, failures: 0, rejected: false }]);
    await this.#turn({ ...(this.#zombies[0] as Zombie), token: newToken() }, { claim: 1 }, []);
    await this.#drainAll();
  }

  async #drainAll(): Promise<void> {
    const queue = this.healthy();
    for (let passes = 0; (await queue.depth()).entries > 0; passes += 1) {
      if (passes === 60) throw new Error("Passes do not come to an end.");
      await this.endLeases();
      this.#count(await drain(queue, (message) => this.#succeed(message.id)));
    }
  }

  #store(faults: readonly Fault[]): Store {
    if (faults.includes("response lost")) this.responsesLost = true;
    return faultyStore(this.#redis, (request) => faults[request - 1]).store;
  }

  async #take(step: Step): Promise<void> {
    if (step.kind === "send") return this.#send(step.plans);
    if (step.kind === "pass") return this.#pass(step);
    const zombie = this.#zombies[step.zombie] as Zombie;
    const turn = () =>
      step.kind === "zombie claims" ? this.#haunt(zombie, step) : this.#wake(zombie, step);
    zombie.turns = zombie.turns.then(turn);
    return zombie.turns;
  }

  async #send(plans: readonly Plan[]): Promise<void> {
    const batch = plans.map((payload) => {
      const { key } = payload;
      return key === undefined ? { payload } : { payload, idempotencyKey: key };
    });
    const sent = await this.healthy().sendBatch(batch);
    for (const [i, { id }] of sent.entries()) this.sent.set(id, plans[i] as Plan);
  }

  async #pass({ faults, kind: _, ...options }: Extract<Step, { kind: "pass" }>): Promise<void> {
    const queue = this.queue(this.#store(faults));
    try {
      this.#count(await drain(queue, (message) => this.#handle(message), options));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }

  #count(report: Awaited<ReturnType<typeof drain>>): void {
    this.completed += report.completed;
    this.duplicates += report.duplicates;
    if (report.stopped === "store") this.uncertain += report.uncertain;
  }

  async #handle({ id, payload, failures }: Message<Plan>): Promise<void> {
    if (failures > (this.refused.get(id) ?? 0)) this.complaints.push(`${id}: ${failures} failures`);
    if (failures % 2 === 0) await new Promise(setImmediate);
    if (failures < payload.failures) {
      this.#refuse(id);
      throw new Error("not yet");
    }
    if (payload.rejected) throw new Reject("never");
    this.#succeed(id);
  }

  #succeed(id: string): void {
    this.succeeded.set(id, (this.succeeded.get(id) ?? 0) + 1);
  }

  #refuse(id: string): void {
    this.refused.set(id, (this.refused.get(id) ?? 0) + 1);
  }

  async #haunt(
    zombie: Zombie,
    { claim, faults }: Extract<Step, { kind: "zombie claims" }>,
  ): Promise<void> {
    const held = this.#deliveries(zombie.hand);
    const reply = await this.#turn(zombie, { claim, held }, faults);
    if (reply === undefined) return;
    const lost = new Set(reply.lost);
    zombie.hand = [...zombie.hand.filter(({ id }) => !lost.has(id)), ...reply.messages];
    this.duplicates += reply.duplicates;
  }

  async #wake(zombie: Zombie, step: Extract<Step, { kind: "zombie settles" }>): Promise<void> {
    const fates = zombie.hand.map((_, i) => step.outcomes[i % step.outcomes.length]);
    const of = (fate: string) => this.#deliveries(zombie.hand.filter((_, i) => fates[i] === fate));
    const complete = of("complete");
    for (const { id } of complete) this.#succeed(id);
    for (const { id } of of("retry")) this.#refuse(id);
    // After its lease, a first attempt that never arrived cannot be told from one that did.
    const faults = zombie.overslept ? [] : step.faults;
    const request = {
      complete,
      retry: later(of("retry")),
      dead: rejectAll(of("dead")),
      release: later(of("release")),
      held: of("held"),
      final: step.final && of("held").length === 0,
    };
    const reply = await this.#turn(zombie, request, faults);
    zombie.hand = zombie.hand.filter((_, i) => fates[i] === "held");
    if (reply === undefined) {
      this.uncertain += complete.length;
      return;
    }
    const unsettled = new Set([...reply.lost, ...reply.uncertain]);
    this.completed += complete.filter(({ id }) => !unsettled.has(id)).length;
    zombie.hand = zombie.hand.filter(({ id }) => !unsettled.has(id));
  }

  #deliveries(entries: readonly ClaimedEntry[]): Delivery[] {
    return entries.flatMap((entry) => inHand([entry], this.sent.get(entry.id)?.key ?? ""));
  }

  /** Undefined where no answer came. */
  async #turn(
    zombie: Zombie,
    request: Partial<TurnRequest>,
    faults: readonly Fault[],
  ): Promise<TurnReply | undefined> {
    const store = this.#store(faults);
    const { storeQueue } = this.queue(store).resolved;
    const suspects = request.held?.length === 0 ? ("first" as const) : ("no" as const);
    const more = { keyed: true, renew: zombie.overslept, suspects };
    try {
      const turn = turnRequest(zombie.token, { ...more, ...request });
      const reply = await store.turn(storeQueue, turn, {});
      zombie.overslept = false;
      return reply;
    } catch (error) {
      if (error instanceof StoreError) return undefined;
      throw error;
    }
  }
}
