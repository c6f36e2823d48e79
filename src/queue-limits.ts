// What a queue may hold, and how fast it may be worked on: the options, checked.

import { DAY_MS, type Duration, milliseconds } from "./duration.ts";
import { type Checks, callback, checked, flag, integer, refuse } from "./expect.ts";
import type { Backlog, StoreQueue } from "./store.ts";
import { tell } from "./wake.ts";

export interface BacklogOptions {
  /** Most messages that wait, are worked on, or are delayed. */
  readonly messages?: number;
  /** Most memory of the stream and of delayed messages, in bytes as the server tells them. */
  readonly bytes?: number;
  /** From which part of a limit on `onWarning` is told. @default 0.8 */
  readonly warnAt?: number;
  /** Told by each send that comes upon so much; what it throws is ignored. */
  readonly onWarning?: (backlog: Partial<Backlog>) => unknown;
}

export interface KeepNewestOptions {
  readonly count: number;
  /** To the entry; otherwise whole nodes of the stream go. @default false */
  readonly exact?: boolean;
}

export interface RateOptions {
  readonly limit: number;
  readonly per: Duration;
}

const COUNT = { min: 1, max: Number.MAX_SAFE_INTEGER };

/** Tells of a backlog that comes near its limit. */
export function warningOf({ messages, bytes, warnAt = 0.8, onWarning }: BacklogOptions = {}) {
  return (backlog: Partial<Backlog>): void => {
    const isNear = (limit: number | undefined, value = 0) =>
      limit !== undefined && value >= limit * warnAt;
    if (!isNear(messages, backlog.messages) && !isNear(bytes, backlog.bytes)) return;
    tell(onWarning, backlog);
  };
}

const BACKLOG = {
  messages: mostOf,
  bytes: mostOf,
  warnAt(given = 0.8, option) {
    const fits = typeof given === "number" && given > 0 && given <= 1;
    return fits ? given : refuse(option, "a number above 0, up to 1", given);
  },
  onWarning: (given, option) => callback(given, option),
} satisfies Checks<BacklogOptions>;

function mostOf(given: number | undefined, option: string): number | undefined {
  return given === undefined ? given : integer(option, given, COUNT);
}

export function resolveBacklog(
  given: BacklogOptions | undefined,
  option: string,
): StoreQueue["maxBacklog"] {
  if (given === undefined) return undefined;
  const { messages, bytes } = checked(`\`${option}\``, given, BACKLOG, `${option}.`);
  if (messages === undefined && bytes === undefined) {
    refuse(option, "an object with `messages`, `bytes` or both", given);
  }
  return { ...(messages && { messages }), ...(bytes && { bytes }) };
}

const RATE = {
  limit: (given, option) => integer(option, given, { min: 1, max: 1_000_000_000 }),
  per: (given, option) => milliseconds(option, given, { min: 100, max: DAY_MS }),
} satisfies Checks<RateOptions>;

export function resolveRate(
  given: RateOptions | undefined,
  option: string,
): StoreQueue["rateLimit"] {
  if (given === undefined) return undefined;
  const { limit, per } = checked(`\`${option}\``, given, RATE, `${option}.`);
  return { limit, perMs: per };
}

const KEEP_NEWEST = {
  count: (given, option) => integer(option, given, COUNT),
  exact: (given, option) => flag(option, given, false),
} satisfies Checks<KeepNewestOptions>;

export function resolveKeepNewest(
  given: KeepNewestOptions | undefined,
  option: string,
): StoreQueue["keepNewest"] {
  return given === undefined ? given : checked(`\`${option}\``, given, KEEP_NEWEST, `${option}.`);
}
