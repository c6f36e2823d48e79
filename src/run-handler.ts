import { InterruptError } from "./errors.ts";
import { decodeFields, traceOf } from "./fields.ts";
import type { Held } from "./hand.ts";
import type { Handler, HandlerContext, Message } from "./message.ts";
import { errorText, type Outcome, outcomeOfError } from "./outcome.ts";
import { throughSchema } from "./payload.ts";
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
 * Runs the handler for one message and says what follows; at once where nothing has to be waited for.
 * Once the signal is aborted the outcome is that of the abort: a handler that ignores it may go on, but
 * nobody waits for it.
 */
export function runHandler(run: HandlerRun): Outcome | Promise<Outcome> {
  const { queue, held } = run;
  const timer = startTimer(run);
  const succeed = (result: unknown): Outcome => {
    return { kind: "complete", result: keepResult(queue, result) };
  };
  const fail = (error: unknown): Outcome => {
    const outcome = outcomeOf(run, error);
    run.onError(error, outcome);
    return outcome;
  };
  try {
    const work = start(run);
    if (isPromise(work)) {
      const stop = () => timer?.abort(null);
      return orAborted(work, held.controller.signal).then(succeed).catch(fail).finally(stop);
    }
    timer?.abort(null);
    return succeed(work);
  } catch (error) {
    timer?.abort(null);
    return fail(error);
  }
}

/** The handler's result, or a promise of it: a schema may take its time, and so may the handler. */
function start(run: HandlerRun): unknown {
  const { schema } = run.queue;
  const { entry, controller } = run.held;
  if (schema === undefined) return callHandler(run, decodeFields(entry.fields));
  return orAborted(throughSchema(schema, decodeFields(entry.fields)), controller.signal).then(
    (payload) => callHandler(run, payload),
  );
}

function callHandler(run: HandlerRun, payload: unknown): unknown {
  run.held.controller.signal.throwIfAborted();
  return run.handler(messageOf(run, payload), contextOf(run));
}

/** Whatever was thrown, even what throws when it is looked at. */
function outcomeOf({ queue, held }: HandlerRun, error: unknown): Outcome {
  const reason: { readonly code?: unknown } | undefined = held.controller.signal.reason;
  // Of this delivery: a handler may keep an older pass's reason, or make one.
  if (error === reason && reason?.code === "pass_aborted") {
    return { kind: "release", delayMs: 0, error: errorText(error) };
  }
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

function messageOf({ queue, held }: HandlerRun, payload: unknown): Message<unknown> {
  return {
    id: held.messageId,
    queue: queue.name,
    payload,
    deliveries: held.delivery,
    failures: held.failures,
    trace: traceOf(held.entry.fields),
    idempotencyKey: held.key || undefined,
    sentAt: new Date(sentAt(held.messageId) ?? sentAt(held.id) ?? 0),
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

export function isPromise<Value>(value: Value | Promise<Value>): value is Promise<Value>;
export function isPromise(value: unknown): value is Promise<unknown>;
export function isPromise(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

function orAborted<Value>(given: Promise<Value>, signal: AbortSignal): Promise<Value> {
  const work = Promise.resolve(given); // a thenable of another make may lack the rest
  return new Promise((resolve, reject) => {
    work.catch(() => {}); // heard below, unless the abort came first
    if (signal.aborted) return reject(signal.reason);
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Ids begin with the time; a delayed message's own one has a letter before it. */
function sentAt(id: string): number | undefined {
  const match = /^d?(\d{1,15})-/.exec(id);
  return match === null ? undefined : Number(match[1]);
}
