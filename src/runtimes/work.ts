import { resolveDrain } from "../drain-options.ts";
import { type DrainOptions, type Handler, OptionError, type Queue } from "../index.ts";

/** A queue and what is done with its messages, as a runtime takes them. */
export interface Work {
  readonly queue: Queue<unknown>;
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
  options: DrainOptions = {},
): Work {
  if (typeof handler !== "function") {
    throw new OptionError(`Expected a handler function for "${queue.name}".`);
  }
  resolveDrain(queue.resolved, options);
  return { queue: queue as Queue<unknown>, handler: handler as Handler<unknown>, options };
}

/** Refuses an empty list and two queues of one name: neither could be told by its name. */
export function checkWorks(given: Work | readonly Work[]): readonly Work[] {
  const works: readonly Work[] = "queue" in given ? [given] : given;
  if (works.length === 0) throw new OptionError("Expected at least one queue, got none.");
  const names = works.map(({ queue }) => queue.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return works;
  throw new OptionError(`Expected each queue once, got "${twice}" twice.`);
}
