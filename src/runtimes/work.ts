import { refuseCircles, resolveDrain } from "../drain-options.ts";
import { type DrainOptions, type Handler, OptionError, type Queue } from "../index.ts";
import type { AnyQueue, PayloadOf } from "../queue.ts";

/** Queues and what is done with their messages, as a runtime takes them. */
export interface Work {
  /** The first of them. */
  readonly queue: Queue<unknown>;
  /** All that one pass drains, in the order of their priority; most often one. */
  readonly queues: readonly Queue<unknown>[];
  readonly handler: Handler<unknown>;
  /** The bounds of a pass; a runtime, an event or a request may narrow them, never widen them. */
  readonly options: DrainOptions;
}

/**
 * Joins a queue and its handler for a runtime. No I/O: cheap enough to call in every invocation.
 *
 * @example
 * const inbox = work(queue, async (message) => ship(message.payload), { maxMessages: 1000 });
 * @throws OptionError for an option that cannot be used.
 */
export function work<Input, Payload>(
  queue: Queue<Input, Payload>,
  handler: Handler<Payload>,
  options?: DrainOptions,
): Work;
/** The same for several queues that one pass drains, in the order of their priority. */
export function work<const Queues extends readonly AnyQueue[]>(
  queues: Queues,
  handler: Handler<PayloadOf<Queues[number]>>,
  options?: DrainOptions,
): Work;
export function work(
  given: AnyQueue | readonly AnyQueue[],
  handler: Handler<never>,
  options: DrainOptions = {},
): Work {
  const queues = [given].flat() as Queue<unknown>[];
  const [queue] = queues;
  if (queue === undefined) throw new OptionError("Expected at least one queue, got none.");
  const names = queues.map(({ name }) => name);
  if (typeof handler !== "function") {
    throw new OptionError(`Expected a handler function for "${names.join(",")}".`);
  }
  resolveDrain(
    queues.map(({ resolved }) => resolved),
    options,
  );
  return { queue, queues, handler: handler as Handler<unknown>, options };
}

/** Whether one of its queues has this name. */
export function hasQueue({ queues }: Work, name: string | undefined): boolean {
  return queues.some((queue) => queue.name === name);
}

/**
 * Refuses an empty list, two queues of one name, of which neither could be told by it, and two that take each
 * other's dead letters.
 */
export function checkWorks(given: Work | readonly Work[]): readonly Work[] {
  const works: readonly Work[] = "queue" in given ? [given] : given;
  if (works.length === 0) throw new OptionError("Expected at least one queue, got none.");
  const queues = works.flatMap((work) => work.queues);
  refuseCircles(queues.map(({ resolved }) => resolved));
  const names = queues.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return works;
  throw new OptionError(`Expected each queue once, got "${twice}" twice.`);
}
