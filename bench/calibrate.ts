import type { Environment } from "./environment.ts";
import { type Contestant, measure } from "./measure.ts";

const FIRST_MESSAGES = { slow: 10, fast: 500 };
const GROWTH = 6;
/** Less than this above the last trial, and a side has reached its speed. */
const STEADY = 1.3;
const LIMITS = { messages: 100_000, bytes: 150_000_000 };
/** A pass begins and ends with round trips of its own: further away, a run has to take longer. */
const ROUND_TRIPS = 20;

/**
 * Gives a side as many messages as it works off in so many seconds: rates compare all the same.
 * The trials also warm it up.
 */
export async function calibrate(
  env: Environment,
  contestant: Contestant,
  runSeconds: number,
): Promise<Contestant> {
  const { side, target, work } = contestant;
  const wanted = runSeconds + (ROUND_TRIPS * target.latencyMs) / 1_000;
  const most = Math.min(LIMITS.messages, Math.floor(LIMITS.bytes / (work.payload.length + 100)));
  const withMessages = (messages: number) => ({
    side,
    target,
    work: { ...work, messages: Math.min(most, messages) },
  });
  let last = 0;
  for (let messages = FIRST_MESSAGES[side.slow ? "slow" : "fast"]; ; messages *= GROWTH) {
    const trial = withMessages(messages);
    const { rate } = await measure(env.redis, side, target, trial.work);
    const seconds = trial.work.messages / rate;
    // Many lanes come to their speed with many messages only.
    const steady = seconds >= wanted / 2 && rate < last * STEADY;
    if (steady || seconds >= 2 * wanted || trial.work.messages < messages) {
      return withMessages(wholeBatches(rate * wanted, work.batch));
    }
    last = rate;
  }
}

function wholeBatches(messages: number, batch: number): number {
  return messages > batch ? Math.ceil(messages / batch) * batch : Math.ceil(messages);
}
