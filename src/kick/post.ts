import { drainUrl } from "./address.ts";
import { codeOfStatus, kickError } from "./errors.ts";
import type { Kick, KickRequest } from "./kick.ts";
import type { Prove } from "./proof.ts";
import { kickBody } from "./request.ts";
import { within } from "./within.ts";

/** What is read of a response. */
export interface Answer {
  readonly status: number;
  readonly body: { cancel(): Promise<void> } | null;
}

/** One request that can be made. */
export interface Attempt {
  send(): Promise<Answer>;
  /** Whether it went out, where no answer came. */
  isSent(): boolean;
}

/** How requests are made, and to whom. */
export interface Way {
  readonly base: string;
  readonly prove: Prove;
  readonly timeoutMs: number;
  attempt(url: string, headers: Headings, body: string, signal: AbortSignal): Attempt;
}

type Headings = Readonly<Record<string, string>>;

const MOST_ATTEMPTS = 2;

/** Asks the drain route of an `httpApp`. */
export function kickOver(way: Way): Kick {
  return (request) => ask(request, way);
}

/**
 * Asks once, and once more where the connection failed. Who drains may answer only after the pass, so
 * that a request that is out when the time is over, or when it is called off, counts as taken.
 */
async function ask(request: KickRequest, { base, prove, timeoutMs, attempt }: Way): Promise<void> {
  const { queue, ...said } = kickBody(request);
  const url = drainUrl(base, queue);
  const body = JSON.stringify({ ...said, wait: false });
  const { signal } = request;
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  checkCalledOff(request);
  for (let attempts = 1; ; attempts += 1) {
    const headers = { ...(await prove(url, body)), "content-type": "application/json" };
    const { send, isSent } = attempt(url, headers, body, either);
    const [end] = await Promise.allSettled([within(either, Promise.resolve().then(send))]);
    if (end.status === "fulfilled") return checkAnswer(queue, end.value);
    if (either.aborted && isSent()) return;
    checkCalledOff(request);
    if (timeout.aborted || attempts === MOST_ATTEMPTS) {
      const what = timeout.aborted ? `no connection within ${timeoutMs} ms` : "no answer came";
      throw kickError(queue, "unavailable", what, end.reason);
    }
  }
}

function checkCalledOff({ queue, signal }: KickRequest): void {
  if (!signal?.aborted) return;
  throw kickError(queue, "unavailable", "it was called off", signal.reason);
}

function checkAnswer(queue: string, { status, body }: Answer): void {
  body?.cancel().catch(() => {}); // nobody reads it, and nobody waits for that
  if (status >= 200 && status < 300) return;
  throw kickError(queue, codeOfStatus(status), `it was answered with ${status}`);
}
