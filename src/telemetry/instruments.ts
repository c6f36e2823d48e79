import type { Attributes, Meter } from "@opentelemetry/api";
import { ERROR_TYPE } from "./attributes.ts";
import { errorType } from "./describe-error.ts";

/** The metrics of the semantic conventions for messaging. They count inside this process alone. */
export interface Instruments {
  /** Messages that were to be sent, and how long that took. */
  sent(work: Done, messages: number): void;
  /** A message that a handler got, and how long that took. */
  processed(work: Done): void;
}

/** Something that was done, or that failed. */
export interface Done {
  readonly attributes: Attributes;
  readonly ms: number;
  readonly failure: { readonly error: unknown } | undefined;
}

/** In seconds, as the conventions recommend. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export function createInstruments(meter: Meter): Instruments {
  const duration = (name: string, description: string) =>
    meter.createHistogram(name, {
      description,
      unit: "s",
      advice: { explicitBucketBoundaries: BOUNDS },
    });
  const count = (name: string, description: string) =>
    meter.createCounter(name, { description, unit: "{message}" });

  const operations = duration("messaging.client.operation.duration", "How long a send took.");
  const sentMessages = count("messaging.client.sent.messages", "Messages that were to be sent.");
  const handlers = duration("messaging.process.duration", "How long handlers ran.");
  const consumed = count("messaging.client.consumed.messages", "Messages that handlers got.");

  return {
    sent(work, messages) {
      const attributes = attributesOf(work);
      operations.record(work.ms / 1_000, attributes);
      sentMessages.add(messages, attributes);
    },
    processed(work) {
      const attributes = attributesOf(work);
      handlers.record(work.ms / 1_000, attributes);
      consumed.add(1, attributes);
    },
  };
}

function attributesOf({ attributes, failure }: Done): Attributes {
  return failure === undefined
    ? attributes
    : { ...attributes, [ERROR_TYPE]: errorType(failure.error) };
}
