import { type Duration, milliseconds } from "./duration.ts";
import { onlyKnown, refuse } from "./expect.ts";

/**
 * Asks for a pass over a queue, now. It resolves once somebody has taken the request; the pass itself is
 * not waited for.
 */
export type Kick = (request: KickRequest) => Promise<void>;

export interface KickRequest {
  /** The queue's name, as the function that drains it knows it. */
  readonly queue: string;
  /** How many passes in a row have asked for the next one; 0 for a kick after a send. */
  readonly depth: number;
  readonly signal?: AbortSignal;
}

/** How a queue asks for a pass at once, instead of at the next tick. */
export interface WakeOptions {
  readonly kick: Kick;
  /** Many sends in so short a time make one kick. @default 1 s */
  readonly debounce?: Duration;
  /** Told of a kick that failed: the messages wait for the next tick. What it throws is ignored. */
  readonly onError?: (error: unknown) => unknown;
}

export interface ResolvedWake {
  readonly debounceMs: number;
  /** Never rejects. @returns whether somebody took the request. */
  kick(request: KickRequest): Promise<boolean>;
}

/** @throws OptionError for options that cannot be used. */
export function resolveWake(given: WakeOptions | undefined): ResolvedWake | undefined {
  if (given === undefined) return undefined;
  onlyKnown("`wake`", given, ["kick", "debounce", "onError"]);
  const { kick, debounce = "1 s", onError } = given;
  if (typeof kick !== "function") refuse("wake.kick", "a function, such as httpKick makes", kick);
  if (onError !== undefined && typeof onError !== "function") {
    refuse("wake.onError", "a function", onError);
  }
  return {
    debounceMs: milliseconds("wake.debounce", debounce, { min: 1, max: 3_600_000 }),
    async kick(request) {
      try {
        await kick(request);
        return true;
      } catch (error) {
        tell(onError, error);
        return false;
      }
    },
  };
}

function tell(onError: WakeOptions["onError"], error: unknown): void {
  try {
    onError?.(error);
  } catch {
    // Ignored, as the option says.
  }
}
