import { type Duration, milliseconds, YEAR_MS } from "./duration.ts";
import { type Checks, checked, oneOf, refuse } from "./expect.ts";

/** How long a message waits after its failures. */
export interface BackoffOptions {
  /** Wait after the first failure. @default 1 s */
  readonly initial?: Duration;
  /** What each further failure multiplies it by. @default 2 */
  readonly factor?: number;
  /** The longest wait. @default 15 min */
  readonly max?: Duration;
  /** `"full"` draws from zero to the wait, which spreads a burst of failures; `"none"` keeps it. @default "full" */
  readonly jitter?: "full" | "none";
}

export interface ResolvedBackoff {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  readonly jitter: "full" | "none";
}

const WAIT = { min: 0, max: YEAR_MS };

const CHECKS = {
  initial: (given = "1 s", option) => milliseconds(option, given, WAIT),
  factor(given = 2, option) {
    const fits = typeof given === "number" && given >= 1 && given <= 100;
    return fits ? given : refuse(option, "a number from 1 to 100", given);
  },
  max: (given = "15 m", option) => milliseconds(option, given, WAIT),
  jitter: (given, option) => oneOf<"full" | "none">(option, given, ["full", "none"]),
} satisfies Checks<BackoffOptions>;

export function resolveBackoff(
  options: BackoffOptions | undefined = {},
  option = "backoff",
): ResolvedBackoff {
  const resolved = checked(`\`${option}\``, options, CHECKS, `${option}.`);
  return {
    initialMs: resolved.initial,
    factor: resolved.factor,
    maxMs: resolved.max,
    jitter: resolved.jitter,
  };
}

/** The wait in milliseconds after failure number `failures` (1 is the first). */
export function backoffDelay(
  backoff: ResolvedBackoff,
  failures: number,
  random: () => number,
): number {
  const wait = Math.min(backoff.maxMs, backoff.initialMs * backoff.factor ** (failures - 1));
  return Math.round(backoff.jitter === "full" ? wait * random() : wait);
}
