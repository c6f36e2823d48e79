import type { DrainOptions } from "../../src/index.ts";
import type { Bill } from "./bill.ts";
import { type IdlePass, idlePass } from "./idle.ts";
import { type KickedOptions, runKicked } from "./kicked.ts";
import { runTicked } from "./ticked.ts";
import type { Waits } from "./waits.ts";

const HOUR_S = 3_600;
/** One message for each: so many say where the 99th in a hundred is. */
export const QUEUES = 150;
/** Beside kicks, for those that get lost. */
const RARE_TICKS = 4;

/** A way to come from a send to a handler. */
export interface Way {
  readonly name: string;
  readonly waits: Waits;
  /** An hour in which nothing is sent. */
  readonly idle: IdlePass & { readonly passes: number };
  /** An hour in which that much is. */
  readonly load: Bill & { readonly messages: number };
}

interface Ticked {
  readonly name: string;
  readonly options: DrainOptions;
}

const TICKED: readonly Ticked[] = [
  { name: "cron each minute", options: {} },
  { name: "cron and linger, 25 s", options: { linger: true } },
  {
    name: "cron and linger, to the next tick",
    options: { linger: true, maxDuration: "59 s" },
  },
  {
    name: "cron and linger, a poll each second",
    options: { linger: { maxPause: "1 s" }, maxDuration: "59 s" },
  },
];

/** Each on servers of its own, all at the same time: they mostly wait. */
export function tickedWays(): Promise<readonly Way[]> {
  return Promise.all(TICKED.map(tickedWay));
}

async function tickedWay({ name, options }: Ticked): Promise<Way> {
  const ticks = HOUR_S / 60;
  const [{ waits, minute }, pass] = await Promise.all([
    runTicked(options, QUEUES),
    idlePass(options),
  ]);
  const { requests, commands } = minute;
  return {
    name,
    waits,
    idle: hourOf(pass, ticks),
    load: { messages: ticks, requests: requests * ticks, commands: commands * ticks },
  };
}

export const RARE = { queues: 200, messages: 1, ms: 15_000 };
export const BUSY = { queues: 6, messages: 75, ms: 15_000 };

/** One after the other: milliseconds count. */
export async function kickedWays(): Promise<readonly Way[]> {
  return [
    await kickedWay("kick, cron each 15 minutes", RARE, HOUR_S / 60),
    await kickedWay("kick, five messages a second", BUSY, HOUR_S * 5),
  ];
}

async function kickedWay(name: string, options: KickedOptions, messages: number): Promise<Way> {
  const { waits, message } = await runKicked(options);
  const idle = hourOf(await idlePass({}), RARE_TICKS);
  return {
    name,
    waits,
    idle,
    load: {
      messages,
      requests: idle.requests + message.requests * messages,
      commands: idle.commands + message.commands * messages,
    },
  };
}

function hourOf({ requests, commands, seconds }: IdlePass, passes: number): Way["idle"] {
  return {
    passes,
    requests: requests * passes,
    commands: commands * passes,
    seconds: seconds * passes,
  };
}
