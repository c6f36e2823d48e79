// What a queue may hold, and how fast it may be worked on: the options, checked.

import { DAY_MS, type Duration, milliseconds } from "./duration.ts";
import { flag, integer, onlyKnown, refuse } from "./expect.ts";
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

/** Tells of a backlog that comes near its limit. */
export function warningOf({ messages, bytes, warnAt = 0.8, onWarning }: BacklogOptions = {}) {
  return (backlog: Partial<Backlog>): void => {
    const isNear = (limit: number | undefined, value = 0) =>
      limit !== undefined && value >= limit * warnAt;
    if (!isNear(messages, backlog.messages) && !isNear(bytes, backlog.bytes)) return;
    tell(onWarning, backlog);
  };
}

export function resolveBacklog(given: BacklogOptions | undefined): StoreQueue["maxBacklog"] {
  if (given === undefined) return undefined;
  onlyKnown("`maxBacklog`", given, ["messages", "bytes", "warnAt", "onWarning"]);
  const { messages, bytes, warnAt = 0.8, onWarning } = given;
  if (messages === undefined && bytes === undefined) {
    refuse("maxBacklog", "an object with `messages`, `bytes` or both", given);
  }
  if (typeof warnAt !== "number" || !(warnAt > 0 && warnAt <= 1)) {
    refuse("maxBacklog.warnAt", "a number above 0, up to 1", warnAt);
  }
  if (onWarning !== undefined && typeof onWarning !== "function") {
    refuse("maxBacklog.onWarning", "a function", onWarning);
  }
  const range = { min: 1, max: Number.MAX_SAFE_INTEGER, default: 1 };
  return {
    ...(messages === undefined
      ? {}
      : { messages: integer("maxBacklog.messages", messages, range) }),
    ...(bytes === undefined ? {} : { bytes: integer("maxBacklog.bytes", bytes, range) }),
  };
}

export function resolveRate(given: RateOptions | undefined): StoreQueue["rateLimit"] {
  if (given === undefined) return undefined;
  onlyKnown("`rateLimit`", given, ["limit", "per"]);
  if (given.limit === undefined || given.per === undefined) {
    refuse("rateLimit", "an object with `limit` and `per`", given);
  }
  return {
    limit: integer("rateLimit.limit", given.limit, { min: 1, max: 1_000_000_000, default: 1 }),
    perMs: milliseconds("rateLimit.per", given.per, { min: 100, max: DAY_MS }),
  };
}

export function resolveKeepNewest(given: KeepNewestOptions | undefined): StoreQueue["keepNewest"] {
  if (given === undefined) return undefined;
  onlyKnown("`keepNewest`", given, ["count", "exact"]);
  if (given.count === undefined) refuse("keepNewest", "an object with `count`", given);
  return {
    count: integer("keepNewest.count", given.count, {
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      default: 1,
    }),
    exact: flag("keepNewest.exact", given.exact, false),
  };
}
