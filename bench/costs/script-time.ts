import type { Environment } from "../environment.ts";
import { alternate, type Contestant, summarize } from "../measure.ts";
import { tcp } from "../sides/all.ts";
import { NOOP_WORK } from "../work.ts";

/** Microseconds of the server in scripts for one message, fence and removal included. */
export async function scriptTimes(
  env: Environment,
  rounds: number,
): Promise<{ readonly plain: number; readonly keyed: number }> {
  const target = await env.targetAt(0);
  const contestants: Contestant[] = [false, true].map((keyed) => ({
    side: tcp,
    target,
    work: { ...NOOP_WORK, messages: 5_000, keyed },
  }));
  const [plain = [], keyed = []] = await alternate(env.redis, contestants, rounds);
  return { plain: summarize(plain).scriptMicros, keyed: summarize(keyed).scriptMicros };
}
