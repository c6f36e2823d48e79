import type { Redis } from "ioredis";
import { median } from "./statistics.ts";
import type { Target } from "./target.ts";
import type { Side, Work } from "./work.ts";

export interface Measured {
  /** Messages per second. */
  readonly rate: number;
  /** Of one message. */
  readonly requests: number;
  readonly commands: number;
  /** Of one message: time that the server spent in scripts. */
  readonly scriptMicros: number;
  /** And time of a processor that the measured process used. */
  readonly clientMicros: number;
}

/** One run on a fresh queue; the bill is the server's own. */
export async function measure(
  redis: Redis,
  side: Side,
  target: Target,
  work: Work,
): Promise<Measured> {
  const prepared = await side.prepare(target, work);
  await redis.config("RESETSTAT");
  const extra = (await prepared.warmUp?.()) ?? 0;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const requests = await prepared.run();
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  const { commands, scriptMicros } = readStats(await redis.info("commandstats"));
  await prepared.close();
  await redis.flushall();
  const billed = work.messages + extra;
  return {
    rate: work.messages / seconds,
    requests: requests / billed,
    commands: commands / billed,
    scriptMicros: scriptMicros / billed,
    clientMicros: (cpu.user + cpu.system) / work.messages,
  };
}

const NOT_OURS = /^(config|info|client|hello|select|command|flushall)/;

/** What `INFO commandstats` says of commands, those inside of scripts included, and of scripts. */
export function readStats(info: string): { commands: number; scriptMicros: number } {
  let commands = 0;
  let scriptMicros = 0;
  for (const [, name = "", calls, micros] of info.matchAll(
    /cmdstat_([^:]+):calls=(\d+),usec=(\d+)/g,
  )) {
    if (NOT_OURS.test(name)) continue;
    commands += Number(calls);
    if (/^eval/.test(name)) scriptMicros += Number(micros);
  }
  return { commands, scriptMicros };
}

/** A side with what it does; slow sides do less of the same work. */
export interface Contestant {
  readonly side: Side;
  readonly target: Target;
  readonly work: Work;
}

/**
 * Warms up each side, then measures them in turns, every other round backwards, so that a slow
 * moment of the machine meets all of them.
 */
export async function alternate(
  redis: Redis,
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Measured[][]> {
  const results: Measured[][] = contestants.map(() => []);
  for (const { side, target, work } of contestants) await measure(redis, side, target, work);
  for (let round = 0; round < rounds; round += 1) {
    const order = contestants.map((_, i) => (round % 2 === 0 ? i : contestants.length - 1 - i));
    for (const i of order) {
      const { side, target, work } = contestants[i] as Contestant;
      results[i]?.push(await measure(redis, side, target, work));
    }
  }
  return results;
}

export const ratesOf = (runs: readonly Measured[] | undefined) =>
  (runs ?? []).map(({ rate }) => rate);

/** The medians of several runs of one side. */
export function summarize(runs: readonly Measured[]): Measured {
  const of = (pick: (run: Measured) => number) => median(runs.map(pick));
  return {
    rate: of((run) => run.rate),
    requests: of((run) => run.requests),
    commands: of((run) => run.commands),
    scriptMicros: of((run) => run.scriptMicros),
    clientMicros: of((run) => run.clientMicros),
  };
}
