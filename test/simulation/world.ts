import {
  createQueue,
  type DrainOptions,
  drain,
  type Handler,
  type Queue,
  type QueueOptions,
  Reject,
  SendError,
  StoreError,
} from "../../src/index.ts";
import { NAMES } from "./backend.ts";
import type { Counters } from "./counters.ts";
import { MOST_FAILURES } from "./invariants.ts";
import { createLedger, type Plan, type Sent, Violation } from "./ledger.ts";
import { calm } from "./network.ts";
import { createScheduler, type Process } from "./scheduler.ts";
import { createServer, type OpenBackend } from "./server.ts";

const LEASE_MS = 20_000;
const AUDIT = "audit";

/** What a world is like; drawn from its seed. */
interface Climate {
  readonly queue: Omit<QueueOptions, "name" | "store">;
  readonly pass: DrainOptions;
  /** Another group reads the same stream. */
  readonly audited: boolean;
  readonly messages: number;
  readonly keyed: number;
  readonly distinctKeys: number;
  /** How likely a message is delayed. */
  readonly delayed: number;
  readonly loss: number;
  /** Disasters beside crashes, restarts and losses. */
  readonly groupLost: boolean;
  readonly failovers: boolean;
  readonly jumps: boolean;
}

/** What a world is played on. */
export interface Stage {
  readonly counters: Counters;
  readonly open: OpenBackend;
  readonly trace?: ((line: string) => void) | undefined;
}

/**
 * One world: a server, producers and passes, and everything that can happen to them, in an order that
 * the seed alone decides. Ends when all of its messages are done or dead.
 *
 * @throws Violation when a promise of the queue is broken.
 */
export async function runWorld(seed: number, { counters, open, trace }: Stage) {
  const scheduler = createScheduler(seed);
  const { chance, integer, pick } = scheduler;
  const climate = drawClimate();
  const weather = { ...calm(), loss: climate.loss };
  const ledger = createLedger();
  const tell = (text: string | (() => string)) =>
    trace?.(
      `${Math.round(scheduler.now() % 10_000_000)} ${typeof text === "string" ? text : text()}`,
    );
  const server = await createServer(open, { scheduler, weather, ledger, counters, tell });
  const alive = new Set<Process>();
  let failure: unknown;
  let faults = true;
  let passes = 0;
  let failOver: (() => Promise<void>) | undefined;

  function drawClimate(): Climate {
    const audited = chance(0.15);
    const kept = audited || chance(0.1);
    const disaster = integer(7);
    return {
      queue: {
        visibilityTimeout: LEASE_MS,
        maxFailures: 2 + integer(MOST_FAILURES - 1),
        maxDeliveries: 3 + integer(5),
        backoff: { initial: "1 s", max: "20 s" },
        onCrash: chance(0.05) ? "dead" : "retry",
        shared: audited && chance(0.5),
        ...(kept && !audited ? { retention: { age: "1 m" } } : {}),
        keepResults: chance(0.1),
        deduplicate: chance(0.3),
        ...(chance(0.15) ? { maxInFlight: 5 + integer(20) } : {}),
        ...(chance(0.15) ? { maxPasses: 1 + integer(3) } : {}),
        ...(chance(0.15)
          ? { rateLimit: { limit: 5 + integer(20), per: 1_000 + integer(9_000) } }
          : {}),
        ...(chance(0.15) ? { maxBacklog: { messages: 20 + integer(60) } } : {}),
      },
      pass: {
        batch: 3 + integer(20),
        concurrency: 1 + integer(10),
        lanes: 1 + integer(3),
        prefetch: chance(0.8),
        maxDuration: 5_000 + integer(40_000),
        ...(chance(0.2) ? { maxMessages: 10 + integer(30) } : {}),
        ...(chance(0.2) ? { maxRequests: 4 + integer(12) } : {}),
      },
      audited,
      messages: 60 + integer(90),
      keyed: pick([0, 0, 0.5, 1]),
      distinctKeys: 5 + integer(60),
      delayed: pick([0, 0, 0.2, 0.6]),
      loss: pick([0.02, 0.05, 0.1]),
      groupLost: disaster < 2 && !kept,
      failovers: disaster === 2,
      jumps: disaster === 3,
    };
  }

  function process(name: string): Process {
    const made = { name, alive: true, frozenUntil: 0 };
    alive.add(made);
    return made;
  }

  function end(ended: Process): void {
    ended.alive = false;
    alive.delete(ended);
  }

  const queueFor = (owner: Process): Queue<number> =>
    createQueue<number>({ name: NAMES.stream, store: server.storeFor(owner), ...climate.queue });

  function drawPlan(): Plan {
    return {
      ms: pick([0, 0, 5, 50, 500, 5_000, chance(0.1) ? 30_000 : 10]),
      failures: chance(0.15) ? 1 + integer(5) : 0,
      rejects: chance(0.02),
    };
  }

  async function produce(owner: Process, count: number): Promise<void> {
    const queue = queueFor(owner);
    let left = count;
    while (left > 0) {
      const size = Math.min(left, 1 + integer(12));
      left -= size;
      const batch = Array.from({ length: size }, () => {
        const key = chance(climate.keyed) ? `k${integer(climate.distinctKeys)}` : undefined;
        return ledger.plan(key, drawPlan());
      });
      await send(queue, batch);
      await scheduler.wait(owner, integer(6_000));
      await cancelSome(queue, batch);
    }
    end(owner);
  }

  async function send(queue: Queue<number>, batch: readonly Sent[]): Promise<void> {
    const entries = batch.map(({ number, key }) => ({
      payload: number,
      ...(key === undefined ? {} : { idempotencyKey: key }),
      ...(chance(climate.delayed) ? { delay: pick([1, 1_000, 10_000, 60_000]) } : {}),
    }));
    try {
      await queue.sendBatch(entries);
      for (const message of batch) confirm(message);
    } catch (error) {
      if (!(error instanceof SendError)) throw error;
      const stored = batch.some(({ id }) => id !== undefined);
      tell(`a send of ${batch.map(({ number }) => number)} failed: ${error.message}`);
      if (stored && !error.uncertain && error.sentIds.length === 0) {
        throw new Violation("a send that said it had stored nothing has stored something");
      }
    }
  }

  async function cancelSome(queue: Queue<number>, batch: readonly Sent[]): Promise<void> {
    for (const { sentId = "", confirmed } of batch) {
      if (!confirmed || !sentId.startsWith("d") || !chance(0.2)) continue;
      try {
        await queue.cancel(sentId);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
      }
    }
  }

  function confirm(message: Sent): void {
    if (message.id === undefined && !message.lostInWindow && !message.duplicate) {
      throw new Violation(`message ${message.number} was confirmed, and is not stored`);
    }
    message.confirmed = true;
  }

  const handlerOf = (owner: Process): Handler<number> =>
    async function handle({ id, payload, deliveries, failures, idempotencyKey }, { signal }) {
      counters.step();
      const message = ledger.at(payload);
      const { exact, jumped } = server.history;
      tell(`${owner.name} starts ${id} (${payload}), delivery ${deliveries}, failures ${failures}`);
      // Where the server's clock jumps, a lease ends before its holder can know.
      if (exact && !jumped && deliveries <= message.lastDelivery) {
        throw fail(`${id} is started again with delivery ${deliveries}`);
      }
      message.lastDelivery = deliveries;
      if (exact && failures > message.refusals) {
        throw fail(`${id} has ${failures} failures, of ${message.refusals}`);
      }
      const doneUntil = ledger.doneUntil.get(idempotencyKey ?? "") ?? 0;
      if (exact && !jumped && doneUntil > server.now()) {
        throw fail(`${id} is started, though the work of ${idempotencyKey} is done`);
      }
      if (exact && message.cancelled) throw fail(`${id} is started, though it was cancelled`);
      let over = false;
      const refuse = () => {
        if (!over) message.refusals += 1;
        over = true;
      };
      signal.addEventListener("abort", refuse, { once: true });
      if (message.plan.ms > 0) await scheduler.wait(owner, message.plan.ms);
      counters.step();
      tell(`${owner.name} ends ${id} (${payload})`);
      if (message.plan.rejects) {
        message.works += 1; // given up by its own word
        throw new Reject("never");
      }
      if (message.refusals < message.plan.failures) {
        refuse();
        throw new Error("not yet");
      }
      over = true;
      message.works += 1;
    };

  function fail(text: string): Violation {
    const violation = new Violation(text);
    failure ??= violation;
    return violation;
  }

  function tick(options: DrainOptions = climate.pass): Process {
    passes += 1;
    const owner = process(`pass ${passes}`);
    tell(`${owner.name} begins`);
    void drain(queueFor(owner), handlerOf(owner), options)
      .catch((error: unknown) => {
        if (!(error instanceof StoreError)) failure ??= error;
      })
      .finally(() => {
        tell(`${owner.name} is over`);
        end(owner);
      });
    return owner;
  }

  function cron(): void {
    if (!faults) return;
    if (alive.size < 8) tick();
    if (alive.size < 8 && chance(0.1)) {
      counters.count("duplicate tick");
      tick();
    }
    scheduler.schedule(1_000 + integer(9_000), undefined, cron);
  }

  /** A program of another make: reads, and acknowledges later or never. */
  async function audit(): Promise<void> {
    if (!climate.audited) return;
    await server.readAs(AUDIT, 1 + integer(8), () => chance(0.5));
    if (faults) scheduler.schedule(integer(8_000), undefined, audit);
  }

  async function disturb(): Promise<void> {
    const victims = [...alive];
    const kind = integer(20);
    if (kind < 5 && victims.length > 0) {
      const victim = pick(victims);
      counters.count("crash");
      tell(`${victim.name} dies`);
      end(victim);
    } else if (kind < 9 && victims.length > 0) {
      const victim = pick(victims);
      counters.count("pause past the lease");
      victim.frozenUntil = scheduler.now() + LEASE_MS * (1 + 2 * scheduler.random());
      tell(`${victim.name} sleeps`);
    } else if (kind < 11) {
      counters.count("server restart");
      weather.downUntil = scheduler.now() + 500 + integer(4_000);
      await loseScripts();
      tell("the server restarts");
    } else if (kind < 13) {
      counters.count("script flush");
      await loseScripts();
    } else if (kind === 13) {
      await pause();
    } else if (kind < 16) {
      weather.fullUntil = scheduler.now() + integer(6_000);
    } else await disaster();
  }

  async function loseScripts(): Promise<void> {
    weather.scriptsLost = true;
    await server.loseScripts();
  }

  /** Somebody stops all work for a while. */
  async function pause(): Promise<void> {
    counters.count("pause");
    await server.setPaused(true);
    tell("the queue is paused");
    scheduler.schedule(1_000 + integer(20_000), undefined, () => server.setPaused(false));
  }

  async function disaster(): Promise<void> {
    if (climate.groupLost && chance(0.5)) {
      counters.count("group lost");
      tell("the group is lost");
      await server.loseGroup();
    } else if (climate.jumps) {
      counters.count("clock jump");
      server.jump((scheduler.random() - 0.5) * 4 * LEASE_MS);
      tell("the clock jumps");
    } else if (climate.failovers && failOver === undefined) {
      const promote = await server.stopReplication();
      tell("replication stops");
      failOver = async () => {
        counters.count("failover");
        tell("failover");
        failOver = undefined;
        await promote();
      };
      scheduler.schedule(integer(3_000), undefined, () => failOver?.());
    }
  }

  async function step(): Promise<boolean> {
    const went = await scheduler.step();
    if (failure !== undefined) throw failure;
    return went;
  }

  /** No faults any more: what is under way ends, and then passes have to empty the queue. */
  async function settle(): Promise<void> {
    faults = false;
    await failOver?.();
    Object.assign(weather, calm());
    await server.setPaused(false);
    for (const sleeper of alive) sleeper.frozenUntil = 0;
    while (alive.size > 0 && (await step())) {}
    for (let round = 0; round < 300; round += 1) {
      if (ledger.open.size === 0 && (await untidy()) === "") return;
      await audit();
      const owner = tick({ ...climate.pass, maxDuration: "25 s" });
      while (owner.alive && (await step())) {}
      scheduler.schedule(LEASE_MS / 2, undefined, () => {});
      while (await step()) {}
    }
    const open = [...ledger.open].map(({ id, number }) => `${number} (${id})`);
    throw new Violation(
      `passes do not empty the queue: ${open.slice(0, 5).join(", ")}, ${await untidy()}`,
    );
  }

  /** What a drained queue must not leave behind. */
  async function untidy(): Promise<string> {
    const { group, parked, delayed, length } = await server.view();
    const consumers = group?.consumers.filter((name) => name !== "xd:suspects") ?? [];
    const kept = climate.audited || climate.queue.retention !== undefined;
    return [
      ...consumers,
      ...(parked.size > 0 ? ["parked"] : []),
      ...(delayed.size > 0 ? ["delayed"] : []),
      ...(!kept && length > 0 ? ["entries"] : []),
    ].join(", ");
  }

  if (climate.audited) await server.makeGroup(AUDIT);
  for (let i = 0; i < 3; i += 1) {
    void produce(process(`producer ${i}`), Math.ceil(climate.messages / 3)).catch((error) => {
      failure ??= error;
    });
  }
  cron();
  await audit();
  const until = scheduler.now() + 200_000 + integer(200_000);
  while (scheduler.now() < until) {
    if (chance(0.06)) await disturb();
    await step();
  }
  await settle();
  return { messages: ledger.messages.length };
}
