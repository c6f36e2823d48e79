import { InterruptError } from "./errors.ts";
import type { Held } from "./hand.ts";
import type { Handler, HandlerContext, Message } from "./message.ts";
import { type Outcome, outcomeOfError } from "./outcome.ts";
import { readPayload } from "./payload.ts";
import type { ResolvedQueue } from "./queue-options.ts";

export interface HandlerRun {
  readonly queue: ResolvedQueue;
  readonly handler: Handler<unknown>;
  readonly held: Held;
  readonly timeoutMs: number | undefined;
  readonly context: Omit<HandlerContext, "signal">;
  readonly onError: (error: unknown, outcome: Outcome) => void;
}

/**
 * Runs the handler for one message and says what follows. Once the signal is aborted the outcome is
 * that of the abort: a handler that ignores it may go on, but nobody waits for it.
 */
export async function runHandler(run: HandlerRun): Promise<Outcome> {
  const { held, queue } = run;
  const { signal } = held.controller;
  const timer = startTimer(run);
  try {
    const payload = await orAborted(readPayload(queue.schema, held.entry.fields), signal);
    signal.throwIfAborted();
    const work = run.handler(messageOf(held, payload), contextOf(run));
    const result = isPromise(work) ? await orAborted(Promise.resolve(work), signal) : work;
    return { kind: "complete", result: keepResult(queue, result) };
  } catch (error) {
    const outcome = outcomeOf(run, error);
    run.onError(error, outcome);
    return outcome;
  } finally {
    timer?.abort();
  }
}

/** Whatever was thrown, even what throws when it is looked at. */
function outcomeOf({ queue, held }: HandlerRun, error: unknown): Outcome {
  try {
    return outcomeOfError(queue, error, held.failures);
  } catch (cause) {
    const unreadable = new Error("The handler threw something that cannot be read.", { cause });
    return outcomeOfError(queue, unreadable, held.failures);
  }
}

function contextOf({ held, context }: HandlerRun): HandlerContext {
  return {
    signal: held.controller.signal,
    deadline: context.deadline,
    fence: context.fence,
    extend: context.extend,
  };
}

function messageOf(held: Held, payload: unknown): Message<unknown> {
  return {
    id: held.id,
    payload,
    deliveries: held.delivery,
    failures: held.failures,
    idempotencyKey: held.key === "" ? undefined : held.key,
    sentAt: new Date(Number(held.id.split("-")[0])),
  };
}

/** Results are text in the store; what JSON cannot hold fails the message like any other error. */
function keepResult(queue: ResolvedQueue, result: unknown): string | undefined {
  return queue.storeQueue.keepResults ? (JSON.stringify(result) ?? "") : undefined;
}

function startTimer({ queue, held, timeoutMs }: HandlerRun): AbortController | undefined {
  if (timeoutMs === undefined) return undefined;
  const stop = new AbortController();
  const text = `The handler took longer than ${timeoutMs} ms.`;
  void queue.store.sleep(timeoutMs, stop.signal).then(() => {
    if (!stop.signal.aborted) held.controller.abort(new InterruptError("handler_timeout", text));
  });
  return stop;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

function orAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    work.catch(() => {}); // heard below, unless the abort came first
    if (signal.aborted) return reject(signal.reason);
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
