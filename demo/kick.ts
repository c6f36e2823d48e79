import type { Inbox } from "../functions/inbox/queue.ts";
import type { Plan } from "./deliveries.ts";
import type { HttpRuntime } from "./http-runtime.ts";
import type { Totals } from "./reports.ts";
import { until } from "./wait.ts";

/** What came of a message whose sender asked for a pass. */
export interface Kicked {
  /** From the call of `send` until its result was there; undefined where it never was. */
  readonly afterMs: number | undefined;
  /** The passes that were made for it: nobody else had asked for one. */
  readonly passes: readonly Totals[];
}

const LIMIT_MS = 10_000;
const PAUSE_MS = 5;

/** Sends one delivery with `wake: true`, while nothing ticks, and waits until it is done. */
export async function showKick(
  inbox: Inbox,
  plan: { readonly ways: Pick<Plan["ways"], "kicked"> },
  http: Pick<HttpRuntime, "logged">,
): Promise<Kicked> {
  const { kicked } = plan.ways;
  const sentAt = Date.now();
  await inbox.ordinary.send(kicked, { idempotencyKey: kicked.delivery, wake: true });
  const result = await until(() => inbox.ordinary.result(kicked.delivery), LIMIT_MS, PAUSE_MS);
  const afterMs = result === undefined ? undefined : Date.now() - sentAt;
  // The result is there before the pass is over and told in the log.
  const passes = await until(
    () => [http.logged].find(({ length }) => length > 0),
    LIMIT_MS,
    PAUSE_MS,
  );
  return { afterMs, passes: [...(passes ?? [])] };
}
