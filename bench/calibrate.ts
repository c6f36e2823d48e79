import type { Environment } from "./environment.ts";
import { type Contestant, measure } from "./measure.ts";

/** A run shorter than this says little about a side's speed. */
const TELLING_SECONDS = 0.15;
const FIRST_MESSAGES = 16;
const GROWTH = 6;
const LIMITS = { messages: 60_000, bytes: 150_000_000 };

/** Gives a side as many messages as it works off in so many seconds: rates compare all the same. */
export async function calibrate(
  env: Environment,
  contestant: Contestant,
  seconds: number,
): Promise<Contestant> {
  const { side, target, work } = contestant;
  const most = Math.min(LIMITS.messages, Math.floor(LIMITS.bytes / (work.payload.length + 100)));
  const withMessages = (messages: number) => ({
    side,
    target,
    work: { ...work, messages: Math.min(most, messages) },
  });
  for (let messages = FIRST_MESSAGES; ; messages *= GROWTH) {
    const sized = withMessages(messages);
    const { rate } = await measure(env.redis, side, target, sized.work);
    const telling = sized.work.messages / rate >= Math.min(TELLING_SECONDS, seconds);
    if (telling || messages >= most) return withMessages(sizeFor(rate * seconds, work.batch));
  }
}

/** Whole batches, where it is more than one. */
function sizeFor(messages: number, batch: number): number {
  const size = messages > batch ? Math.ceil(messages / batch) * batch : Math.ceil(messages);
  return Math.max(FIRST_MESSAGES, size);
}
