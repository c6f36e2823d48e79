import { type ResolvedDrain, resolveDrain } from "../drain-options.ts";
import { type DrainOptions, OptionError } from "../index.ts";
import type { Work } from "./work.ts";

/** What the platform leaves to one invocation. */
export interface InvocationLimits {
  /** When its passes have to be over. @default 25 s from the start of the pass */
  readonly deadline?: Date | undefined;
  /** Most requests to the store. @default no limit */
  readonly maxRequests?: number | undefined;
}

/** What a request or an event may ask of a pass, in JSON. */
export type AskedLimits = Pick<
  DrainOptions,
  "maxDuration" | "maxMessages" | "maxRequests" | "concurrency" | "batch" | "maxBytes"
>;

const COUNTS = ["maxMessages", "maxRequests", "concurrency", "batch", "maxBytes"] as const;
const ASKABLE: readonly string[] = ["maxDuration", ...COUNTS];

/** The work's own options within what the platform leaves. */
export function withinInvocation(work: Work, limits: InvocationLimits): DrainOptions {
  const { options } = work;
  const deadline = Math.min(timeOf(options.deadline), timeOf(limits.deadline));
  const maxRequests = Math.min(options.maxRequests ?? Infinity, limits.maxRequests ?? Infinity);
  return {
    ...options,
    ...(deadline === Infinity ? {} : { deadline: new Date(deadline) }),
    ...(maxRequests === Infinity ? {} : { maxRequests }),
  };
}

/**
 * Narrows what is allowed to what was asked for; asking for more changes nothing.
 * @throws OptionError for a limit that is not known or cannot be used.
 */
export function narrow(work: Work, allowed: DrainOptions, asked: unknown): DrainOptions {
  if (asked === undefined) return allowed;
  const limits = readLimits(asked);
  const queues = work.queues.map(({ resolved }) => resolved);
  const most = resolveDrain(queues, allowed);
  const wanted = resolveDrain(queues, { ...allowed, ...limits });
  return {
    ...allowed,
    ...(limits.maxDuration === undefined ? {} : { deadline: earlier(most, wanted) }),
    ...Object.fromEntries(
      COUNTS.filter((name) => limits[name] !== undefined).map((name) => [
        name,
        Math.min(most[name], wanted[name]),
      ]),
    ),
  };
}

/** Both began at their own instant; the earlier end holds whichever it was. */
function earlier(most: ResolvedDrain, wanted: ResolvedDrain): Date {
  return new Date(Math.min(most.deadline, wanted.deadline));
}

function timeOf(date: Date | undefined): number {
  return date?.getTime() ?? Infinity;
}

function readLimits(asked: unknown): AskedLimits {
  if (typeof asked !== "object" || asked === null || Array.isArray(asked)) {
    throw new OptionError("Expected the limits of a pass to be a JSON object.");
  }
  const unknown = Object.keys(asked).find((name) => !ASKABLE.includes(name));
  if (unknown === undefined) return asked;
  throw new OptionError(`Expected the limits of a pass to be among ${ASKABLE.join(", ")}.`);
}
