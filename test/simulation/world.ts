import {
  createQueue,
  type DrainOptions,
  drain,
  type Handler,
  type Queue,
  Reject,
  SendError,
  StoreError,
} from "../../src/index.ts";
import type { Store } from "../../src/store.ts";
import { NAMES } from "./backend.ts";
import { drawClimate, LEASE_MS, optionsIn, type QueueClimate } from "./climate.ts";
import type { Counters } from "./counters.ts";
import type { Desk } from "./desk.ts";
import { createLedger, type Plan, type Sent, Violation } from "./ledger.ts";
import { calm } from "./network.ts";
import { createScheduler, type Process } from "./scheduler.ts";
import { createServer, type OpenBackend } from "./server.ts";

const AUDIT = "audit";

/** What a world is played on. */
export interface Stage {
  readonly counters: Counters;
  readonly open: OpenBackend;
  readonly trace?: ((line: string) => void) | undefined;
}

/** One queue of a world. */
interface Site {
  readonly name: string;
  readonly of: QueueClimate;
  readonly desk: Desk;
}

function siteOf(of: QueueClimate, place: number, desk: Desk): Site {
  return { name: (NAMES[place] ?? NAMES[0]).stream, of, desk };
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
  const climate = drawClimate(scheduler);
  const weather = { ...calm(), loss: climate.loss };
  const ledgers = climate.queues.map(() => createLedger());
  const tell = (text: string | (() => string)) =>
    trace?.(
      `${Math.round(scheduler.now() % 10_000_000)} ${typeof text === "string" ? text : text()}`,
    );
  const server = await createServer(open, { scheduler, weather, ledgers, counters, tell });
  const sites = climate.queues.map((of, place) => siteOf(of, place, server.desks[place] as Desk));
  // A failover, or the loss of a group, may lose what functions of different leases have recorded.
  const loses = climate.failovers || climate.queues.some(({ groupLost }) => groupLost);
  const differing = seed % 4 === 0 && !loses;
  if (differing) for (const { desk } of sites) desk.differ();
  const alive = new Set<Process>();
  let failure: unknown;
  let faults = true;
  let passes = 0;
  let failOver: (() => Promise<void>) | undefined;

  function siteNamed(name: string): Site {
    const site = sites.find((other) => other.name === name);
    if (site === undefined) throw new Error(`There is no queue ${name}.`);
    return site;
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

  const queueFor = (
    owner: Process,
    { name, of }: Site,
    store: Store = server.storeFor(owner),
  ): Queue<number> => {
    const own = differing ? optionsIn(owner.name) : {};
    return createQueue<number>({ name, store, ...of.options, ...own });
  };

  function drawPlan(): Plan {
    return {
      ms: pick([0, 0, 5, 50, 500, 5_000, chance(0.1) ? 30_000 : 10]),
      failures: chance(0.15) ? 1 + integer(5) : 0,
      rejects: chance(0.02),
    };
  }

  async function produce(owner: Process, site: Site, count: number): Promise<void> {
    const queue = queueFor(owner, site);
    let left = count;
    while (left > 0) {
      const size = Math.min(left, 1 + integer(12));
      left -= size;
      const batch = Array.from({ length: size }, () => {
        const key = chance(site.of.keyed) ? `k${integer(site.of.distinctKeys)}` : undefined;
        return site.desk.ledger.plan(key, drawPlan());
      });
      await send(queue, site.of, batch);
      await scheduler.wait(owner, integer(6_000));
      await cancelSome(queue, batch);
    }
    end(owner);
  }

  async function send(
    queue: Queue<number>,
    { delayed }: QueueClimate,
    batch: readonly Sent[],
  ): Promise<void> {
    const entries = batch.map(({ number, key }) => ({
      payload: number,
      ...(key === undefined ? {} : { idempotencyKey: key }),
      ...(chance(delayed) ? { delay: pick([1, 1_000, 10_000, 60_000]) } : {}),
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

  const handlerOf = (owner: Process, running: Map<Sent, symbol | undefined>): Handler<number> =>
    async function handle(
      { queue, id, payload, deliveries, failures, idempotencyKey },
      { signal, fence },
    ) {
      counters.step();
      const { ledger, history } = siteNamed(queue).desk;
      const message = ledger.at(payload);
      const { exact, jumped } = history;
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
      const batch = message.suspects.get(fence);
      if (exact && !jumped && [...running.values()].some((other) => other !== batch)) {
        throw fail(`${id} runs beside others, though it or they may kill the process`);
      }
      running.set(message, batch);
      let over = false;
      const leave = () => {
        running.delete(message);
        over = true;
      };
      const refuse = () => {
        if (!over) message.refusals += 1;
        leave();
      };
      signal.addEventListener("abort", refuse, { once: true });
      if (message.plan.ms > 0) await scheduler.wait(owner, message.plan.ms);
      counters.step();
      tell(`${owner.name} ends ${id} (${payload})`);
      if (message.plan.rejects) {
        message.works += 1; // given up by its own word
        running.delete(message);
        throw new Reject("never");
      }
      if (message.refusals < message.plan.failures) {
        refuse();
        throw new Error("not yet");
      }
      leave();
      message.works += 1;
    };

  function fail(text: string): Violation {
    const violation = new Violation(text);
    failure ??= violation;
    return violation;
  }

  /** What a pass drains: all queues in their order, or one of them by itself. */
  function sitesOf(isAlone: boolean): readonly Site[] {
    return isAlone ? [pick(sites)] : sites;
  }

  function tick(options: DrainOptions = climate.pass, isAlone = chance(0.1)): Process {
    passes += 1;
    const owner = process(`pass ${passes}`);
    tell(`${owner.name} begins`);
    const store = server.storeFor(owner);
    const drained = sitesOf(isAlone).map((site) => queueFor(owner, site, store));
    const handler = handlerOf(owner, new Map());
    const [only] = drained;
    const pass =
      drained.length === 1 && only !== undefined
        ? drain(only, handler, options)
        : drain(drained, handler, { ...options, ...climate.weights });
    void pass
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
  async function audit(site: Site): Promise<void> {
    if (!site.of.audited) return;
    await site.desk.readAs(AUDIT, 1 + integer(8), () => chance(0.5));
    if (faults) scheduler.schedule(integer(8_000), undefined, () => audit(site));
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
    const { name, desk } = pick(sites);
    await desk.setPaused(true);
    tell(`${name} is paused`);
    scheduler.schedule(1_000 + integer(20_000), undefined, () => desk.setPaused(false));
  }

  async function disaster(): Promise<void> {
    const { of, desk, name } = pick(sites);
    if (of.groupLost && chance(0.5)) {
      counters.count("group lost");
      tell(`the group of ${name} is lost`);
      await desk.loseGroup();
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
    for (const { desk } of sites) await desk.setPaused(false);
    for (const sleeper of alive) sleeper.frozenUntil = 0;
    while (alive.size > 0 && (await step())) {}
    for (let round = 0; round < 300; round += 1) {
      if (openOnes().length === 0 && (await untidy()) === "") return;
      for (const site of sites) await audit(site);
      const owner = tick({ ...climate.pass, maxDuration: "25 s" }, false);
      while (owner.alive && (await step())) {}
      scheduler.schedule(LEASE_MS / 2, undefined, () => {});
      while (await step()) {}
    }
    const open = openOnes().map(({ id, number }) => `${number} (${id})`);
    throw new Violation(
      `passes do not empty the queue: ${open.slice(0, 5).join(", ")}, ${await untidy()}`,
    );
  }

  const openOnes = () => ledgers.flatMap(({ open }) => [...open]);

  /** What drained queues must not leave behind. */
  async function untidy(): Promise<string> {
    return (await Promise.all(sites.map(leftIn))).filter((left) => left !== "").join(", ");
  }

  async function leftIn({ of, desk }: Site): Promise<string> {
    const { group, parked, delayed, length } = await desk.place.view();
    const consumers = group?.consumers.filter((name) => name !== "xd:suspects") ?? [];
    const kept = of.audited || of.options.retention !== undefined;
    return [
      ...consumers,
      ...(parked.size > 0 ? ["parked"] : []),
      ...(delayed.size > 0 ? ["delayed"] : []),
      ...(!kept && length > 0 ? ["entries"] : []),
    ].join(", ");
  }

  for (const site of sites) {
    if (site.of.audited) await site.desk.place.makeGroup(AUDIT);
    for (let i = 0; i < 3; i += 1) {
      const owner = process(`producer ${i} of ${site.name}`);
      void produce(owner, site, Math.ceil(site.of.messages / 3)).catch((error) => {
        failure ??= error;
      });
    }
  }
  cron();
  for (const site of sites) await audit(site);
  const until = scheduler.now() + 200_000 + integer(200_000);
  while (scheduler.now() < until) {
    if (chance(0.06)) await disturb();
    await step();
  }
  await settle();
  return { messages: ledgers.reduce((sum, { messages }) => sum + messages.length, 0) };
}
