import {
  createQueue,
  type DrainOptions,
  type DrainReport,
  drain,
  type Handler,
  type Queue,
  type QueueOptions,
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
  readonly group: string;
  readonly of: QueueClimate;
  readonly desk: Desk;
  /** Where the group began, once it did. */
  start: QueueOptions["start"];
  /** Other programs, while they are there. */
  audited: boolean;
  helped: boolean;
}

function siteOf(of: QueueClimate, place: number, desk: Desk): Site {
  const { stream, group } = NAMES[place] ?? NAMES[0];
  return {
    name: stream,
    group,
    of,
    desk,
    start: undefined,
    audited: of.audited,
    helped: of.helped,
  };
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
  // A helper knows no keys: a message that it has done would keep its own.
  const helped = climate.queues.some((queue) => queue.helped);
  const differing = seed % 4 === 0 && !loses && !helped;
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
    { name, of, start }: Site,
    store: Store = server.storeFor(owner),
  ): Queue<number> => {
    const own = differing ? optionsIn(owner.name) : {};
    const from = start === undefined ? {} : { start };
    return createQueue<number>({ name, store, ...of.options, ...from, ...own });
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
      if (typeof payload !== "number") {
        if (!history.exact) return; // the group was made anew, at the first entry
        throw fail(`${id} is started, though it was there before the group`);
      }
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

  /** A pass over all queues in their order, or over one of them by itself. */
  function tick(
    options: DrainOptions = climate.pass,
    over: readonly Site[] = chance(0.1) ? [pick(sites)] : sites,
  ): Process {
    passes += 1;
    const owner = process(`pass ${passes}`);
    tell(`${owner.name} begins`);
    const store = server.storeFor(owner);
    const drained = over.map((site) => queueFor(owner, site, store));
    const handler = handlerOf(owner, new Map());
    const [only] = drained;
    const pass =
      drained.length === 1 && only !== undefined
        ? drain(only, handler, options)
        : drain(drained, handler, { ...options, ...climate.weights });
    void pass
      .then(checkReport)
      .catch((error: unknown) => {
        if (!(error instanceof StoreError)) failure ??= error;
      })
      .finally(() => {
        tell(`${owner.name} is over`);
        end(owner);
      });
    return owner;
  }

  /** Nothing is undecided where nobody but passes works in the group, and no two keys were lost together. */
  function checkReport({ queues, ...only }: DrainReport): void {
    for (const { queue, orphans } of queues ?? [only]) {
      const { of, desk } = siteNamed(queue);
      const mayBe = of.helped || !desk.history.exact;
      if (orphans !== undefined && !mayBe) throw fail(`${queue} has ${orphans.count} orphans`);
    }
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
    if (!site.audited) return;
    await site.desk.readAs(AUDIT, 1 + integer(8), () => chance(0.5));
    if (faults) scheduler.schedule(integer(8_000), undefined, () => audit(site));
  }

  /** The same in the queue's own group. */
  async function help(site: Site): Promise<void> {
    if (!site.helped) return;
    await site.desk.helpAs(site.group, integer(4), () => chance(0.5));
    if (faults) scheduler.schedule(integer(8_000), undefined, () => help(site));
  }

  /** Other programs end, after what they have in hand. */
  async function leave(site: Site): Promise<void> {
    const { desk, group } = site;
    if (site.audited) {
      site.audited = false;
      counters.count("other group gone");
      await desk.place.leaveAs(AUDIT);
    } else if (site.helped) {
      site.helped = false;
      counters.count("helper gone");
      await desk.helpAs(group, 0, () => true);
      await desk.place.leaveAs(group);
    }
  }

  /** A person brings back what keys hid, and discards what nothing decides. */
  async function repair(site: Site, orphans?: "discard"): Promise<void> {
    const owner = process("person");
    try {
      await queueFor(owner, site).repair(orphans === undefined ? {} : { orphans });
    } catch (error) {
      if (!(error instanceof StoreError)) failure ??= error;
    } finally {
      end(owner);
    }
  }

  async function disturb(): Promise<void> {
    const victims = [...alive];
    const kind = integer(24);
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
    } else if (kind < 20) await disaster();
    else await upset(pick(sites));
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

  /** What others do to a queue, and a person. */
  async function upset(site: Site): Promise<void> {
    const kind = integer(3);
    if (kind === 0 && site.of.losesKeys) {
      const which = chance(0.6) ? "parked" : "due";
      if (!(await site.desk.loseKey(which))) return;
      tell(`${site.name} loses ${which}`);
      counters.count(which === "parked" ? "parked set lost" : "records lost");
    } else if (kind === 1 && chance(0.6) && failOver === undefined) {
      tell(`other programs leave ${site.name}`);
      await leave(site);
    } else if (kind === 2) {
      counters.count("repair by hand");
      void repair(site);
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
      for (const site of sites) {
        await help(site);
        // A failover may lose the marker that tells completed entries from lost ones.
        const undecided = site.of.helped || (site.of.audited && climate.failovers);
        if (round > 3 && undecided) void repair(site, "discard");
      }
      const owner = tick({ ...climate.pass, maxDuration: "25 s" }, sites);
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

  async function leftIn({ of, desk, audited, helped }: Site): Promise<string> {
    const { group, parked, delayed, length } = await desk.place.view();
    const others = ["xd:suspects", ...(helped ? ["auditor"] : [])];
    const consumers = group?.consumers.filter((name) => !others.includes(name)) ?? [];
    const kept = audited || of.options.retention !== undefined;
    // What was there before the group stays, unless the rest is trimmed.
    const most = of.audited || of.helped ? of.history : 0;
    const least = of.audited || of.helped ? 0 : of.history;
    return [
      ...consumers,
      ...(parked.size > 0 ? ["parked"] : []),
      ...(delayed.size > 0 ? ["delayed"] : []),
      ...(!kept && (length > Math.max(most, least) || length < least) ? [`${length} entries`] : []),
    ].join(", ");
  }

  /** Entries of others, and then the group behind some of them. */
  async function begin(site: Site): Promise<void> {
    const { of, desk } = site;
    if (of.history === 0) return;
    const ids = await desk.place.addForeign(of.history);
    const last = ids.at(-1) as `${number}-${number}`;
    const at = new Date(Number.parseInt(last, 10) + 1);
    // Where the clock goes back, what is sent later may be from before a time.
    const startsAt = climate.jumps ? "$" : of.startsAt;
    site.start = startsAt === "$" ? "$" : startsAt === "id" ? last : at;
    while ((await desk.place.view()).group === undefined) {
      const owner = tick({ maxDuration: "1 s" }, [site]);
      while (owner.alive && (await step())) {}
    }
    scheduler.schedule(2, undefined, () => {});
    while (await step()) {}
  }

  for (const site of sites) await begin(site);
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
  for (const site of sites) await help(site);
  const until = scheduler.now() + 200_000 + integer(200_000);
  while (scheduler.now() < until) {
    if (chance(0.06)) await disturb();
    await step();
  }
  await settle();
  return { messages: ledgers.reduce((sum, { messages }) => sum + messages.length, 0) };
}
