import type { HandlerContext, Message } from "../../message.ts";

/** What a handler outside of this process is told of a message beside its payload. */
export function aboutMessage(
  message: Message<unknown>,
  { fence }: HandlerContext,
): Readonly<Record<string, string>> {
  const { id, queue, deliveries, failures, idempotencyKey, sentAt, trace } = message;
  return {
    queue,
    message_id: id,
    deliveries: String(deliveries),
    failures: String(failures),
    sent_at: sentAt.toISOString(),
    fence,
    ...(idempotencyKey === undefined ? {} : { idempotency_key: idempotencyKey }),
    ...(trace === undefined ? {} : { traceparent: trace.traceparent }),
  };
}
