import { type Duration, milliseconds, YEAR_MS } from "./duration.ts";
import { oneOf, onlyKnown, refuse } from "./expect.ts";

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

export function resolveBackoff(options: BackoffOptions = {}): ResolvedBackoff {
  onlyKnown("`backoff`", options, ["initial", "factor", "max", "jitter"]);
  const factor = options.factor ?? 2;
  if (typeof factor !== "number" || !(factor >= 1 && factor <= 100))
    refuse("backoff.factor", "a number from 1 to 100", factor);
  const range = { min: 0, max: YEAR_MS };
  return {
    initialMs: milliseconds("backoff.initial", options.initial ?? "1 s", range),
    factor,
    maxMs: milliseconds("backoff.max", options.max ?? "15 m", range),
    jitter: oneOf("backoff.jitter", options.jitter, ["full", "none"]),
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
