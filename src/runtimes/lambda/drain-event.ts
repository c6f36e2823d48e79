import type { EventBridgeEvent } from "aws-lambda";
import { OptionError } from "../../index.ts";
import { debounceIn, depthIn } from "../../kick/request.ts";
import type { AskedLimits } from "../limits.ts";
import { hasQueue, type Work } from "../work.ts";

// What asks for a pass: a schedule with an input of its own or with the default one, a rule, or
// somebody who invokes the function. An input is JSON: `{ "queue": "orders", "maxMessages": 500 }`,
// both optional; the limits narrow the queue's own. A kick says its `depth` and its
// `debounce` too.

/** An input that asks for passes: of a schedule, or of whoever invokes the function. */
export interface DrainInput extends AskedLimits {
  /** The only queue to drain. @default all of the function's queues */
  readonly queue?: string;
  /** How many passes in a row have asked for the next one; a kick says it. */
  readonly depth?: number;
  /** How long others rely on the kick, in milliseconds. */
  readonly debounce?: number;
}

/**
 * What asks a function for passes: a rule, or a schedule without an input of its own, in the envelope of
 * EventBridge (`"detail-type" in event` tells); an input; or nothing, from an invocation without a payload.
 */
export type LambdaEvent = EventBridgeEvent<string, unknown> | DrainInput | null | undefined;

/** What a drain event asks for. */
export interface DrainEvent {
  /** The only queue to drain; undefined for all. */
  readonly queue: string | undefined;
  /** How many passes in a row have asked for the next one; undefined where nobody kicked. */
  readonly depth?: number | undefined;
  /** How long others rely on the kick, in milliseconds; undefined where it says none. */
  readonly debounce?: number | undefined;
  /** Limits, not yet checked; undefined where none were given. */
  readonly asked: object | undefined;
}

/** @throws OptionError for an event that is none, such as one of another service, or a `depth` or a `debounce` that is none. */
export function readDrainEvent(event: unknown): DrainEvent {
  const nothing = { queue: undefined, asked: undefined };
  if (event === undefined || event === null || isEnvelope(event)) return nothing;
  if (typeof event !== "object" || Array.isArray(event)) {
    throw new OptionError("Expected the input to be a JSON object with `queue` and limits.");
  }
  const { queue, depth, debounce, ...asked } = event as Readonly<Record<string, unknown>>;
  if (queue !== undefined && typeof queue !== "string") {
    throw new OptionError("Expected `queue` in the input to be a queue's name.");
  }
  return { queue, depth: depthIn(depth), debounce: debounceIn(debounce), asked };
}

/** The works that an event asks for. @throws OptionError for a queue that there is not. */
export function selectWorks(works: readonly Work[], queue: string | undefined): readonly Work[] {
  if (queue === undefined) return works;
  const found = works.filter((work) => hasQueue(work, queue));
  if (found.length > 0) return found;
  const names = works.flatMap(({ queues }) => queues.map(({ name }) => `"${name}"`)).join(", ");
  throw new OptionError(`Expected \`queue\` in the input to be one of ${names}.`);
}

/** EventBridge's own envelope, from a rule or from a schedule without an input: it only ticks. */
function isEnvelope(event: unknown): boolean {
  return typeof event === "object" && event !== null && "detail-type" in event && "source" in event;
}
