import type { Attributes } from "@opentelemetry/api";

// Names of the semantic conventions for messaging, which are not called stable yet, and a few of our own
// for what these have no word for.

export const MESSAGE_ID = "messaging.message.id";
export const MESSAGE_COUNT = "messaging.batch.message_count";
export const ERROR_TYPE = "error.type";
export const DELIVERIES = "xdrain.message.deliveries";
export const FAILURES = "xdrain.message.failures";

/** What is done; its type where the conventions have one for it. */
export type Operation = "create" | "send" | "receive" | "process";

/** What every span and every measurement of an operation says. */
export function operationAttributes(
  type: Operation,
  name: string,
  on: { readonly queue: string | undefined; readonly group?: string | undefined },
): Attributes {
  return {
    "messaging.system": "redis",
    "messaging.operation.type": type,
    "messaging.operation.name": name,
    ...(on.queue === undefined ? {} : { "messaging.destination.name": on.queue }),
    ...(on.group === undefined ? {} : { "messaging.consumer.group.name": on.group }),
  };
}
