import { GatewayError } from "../errors.ts";

/** How far the gateway goes in being like Upstash; `true` takes every default. */
export interface UpstashLike {
  /** Most messages that may be pending with one consumer. @default 1000 */
  readonly pendingLimit?: number;
  /** Commands in a second; more of them wait, they do not fail. @default 10000 */
  readonly commandsPerSecond?: number;
  /** Share of EVALSHA that meets a replica which does not know the script yet. @default 0.05 */
  readonly unknownScripts?: number;
  /** Share of plain reads that are answered as the same read was answered before. @default 0.1 */
  readonly staleReads?: number;
  /** Chance, from 0 up to 1. @default Math.random */
  readonly random?: () => number;
  /** What throttling waits by. @default the system's time */
  readonly clock?: { now(): number; sleep(ms: number): Promise<void> };
}

const SYSTEM: Required<UpstashLike>["clock"] = {
  now: () => performance.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** Checks the settings and fills in the defaults; undefined where the switch is off. Throws `bad_option`. */
export function resolveUpstashLike(
  given: boolean | UpstashLike | undefined,
): Required<UpstashLike> | undefined {
  if (given === undefined || given === false) return undefined;
  const settings = given === true ? {} : given;
  return {
    pendingLimit: integer("pendingLimit", settings.pendingLimit ?? 1000),
    commandsPerSecond: integer("commandsPerSecond", settings.commandsPerSecond ?? 10_000),
    unknownScripts: share("unknownScripts", settings.unknownScripts ?? 0.05),
    staleReads: share("staleReads", settings.staleReads ?? 0.1),
    random: settings.random ?? Math.random,
    clock: settings.clock ?? SYSTEM,
  };
}

function integer(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw wrong(name, "an integer from 1", value);
}

function share(name: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw wrong(name, "a number from 0 to 1", value);
}

function wrong(name: string, expected: string, value: unknown): GatewayError {
  return new GatewayError(
    "bad_option",
    `Expected \`likeUpstash.${name}\` to be ${expected}, got \`${String(value)}\` (${typeof value}).`,
  );
}
