import type { Inbox, InboxDelivery } from "../functions/inbox/queue.ts";
import type { Queue } from "../src/index.ts";
import { addUp, NOTHING, type Totals } from "./reports.ts";
import type { Runtime } from "./runtime.ts";
import type { ByRuntime } from "./tick.ts";

/** What the passes did until no urgent delivery waited any more. */
export interface Overtaking {
  /** Older ordinary deliveries that nobody had begun by then. */
  readonly stillWaiting: number;
  readonly done: ByRuntime;
}

/**
 * Lets the functions make one pass after another until all urgent deliveries were begun. A pass begins
 * with the urgent queue nine times out of ten, lest the other one starve: so it may take a second.
 */
export async function showPriority(
  runtimes: readonly Runtime[],
  inbox: Inbox,
  deadline: number,
): Promise<Overtaking> {
  const done = new Map<Runtime, Totals>();
  for (let turn = 0; (await waitingIn(inbox.urgent)) > 0 && Date.now() < deadline; turn += 1) {
    const runtime = runtimes[turn % runtimes.length];
    if (runtime === undefined) break;
    done.set(runtime, addUp([done.get(runtime) ?? NOTHING, await runtime.tick()]));
  }
  return { stillWaiting: await waitingIn(inbox.ordinary), done };
}

/** Those that nobody has begun. */
async function waitingIn(queue: Queue<InboxDelivery>): Promise<number> {
  const { entries, inFlight, parked } = await queue.depth();
  return entries - inFlight - parked;
}
