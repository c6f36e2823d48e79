import { StoreError } from "../errors.ts";
import type { CallLimits, Clock, Store } from "../store.ts";

/** A call of the store that goes over the network. */
export type StoreOperation = Exclude<keyof Store, keyof Clock | "read">;

/**
 * What happens to a request on its way: it never arrives; it is carried out and its response is
 * lost; or it is given up by the caller and arrives after so many milliseconds all the same.
 */
export type Fault = "request lost" | "response lost" | { readonly arrivesAfterMs: number };

/** Asked before each request, which waits for the answer; undefined lets it pass. */
export type FaultPlan = (request: {
  readonly operation: StoreOperation;
  /** Which attempt of its call this is, from 1. */
  readonly attempt: number;
}) => Fault | undefined | Promise<Fault | undefined>;

const ATTEMPTS = 3;
/** A request that is older than this does nothing when it arrives. */
const TIMEOUT_MS = 10_000;

/**
 * Carries out a call as the store over Redis does: again where no answer comes, at most three times.
 *
 * @throws StoreError with `uncertain` when no answer came at all.
 */
export async function carryOut<Reply>(
  clock: Clock,
  plan: FaultPlan | undefined,
  call: {
    readonly operation: StoreOperation;
    readonly limits: CallLimits;
    readonly run: (attempt: number) => Reply;
  },
): Promise<{ readonly reply: Reply; readonly requests: number }> {
  const { operation, limits, run } = call;
  for (let attempt = 1; ; attempt += 1) {
    if (limits.mayRequest?.() === false) throw noAnswer(attempt - 1);
    const fault = await plan?.({ operation, attempt });
    if (fault === undefined) return { reply: run(attempt), requests: attempt };
    if (fault === "response lost") run(attempt);
    if (typeof fault === "object") arriveLate(clock, fault.arrivesAfterMs, () => run(attempt));
    const pause = 50 * 2 ** (attempt - 1) * (1 + clock.random());
    const tooLate = limits.deadline !== undefined && clock.now() + pause >= limits.deadline;
    if (attempt >= ATTEMPTS || tooLate) throw noAnswer(attempt);
    await clock.sleep(pause);
  }
}

function arriveLate(clock: Clock, afterMs: number, run: () => unknown): void {
  if (afterMs > TIMEOUT_MS) return;
  void clock.sleep(afterMs).then(run);
}

function noAnswer(requests: number): StoreError {
  const text = `No answer came (${requests} requests); what was asked may have been done all the same.`;
  return new StoreError("store_unavailable", text, { requests, uncertain: true });
}
