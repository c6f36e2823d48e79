import type { BatchMessage, Queue } from "../../index.ts";
import { HttpError } from "./errors.ts";

const MESSAGE = ["payload", "idempotencyKey"];

/**
 * Sends what a body holds: one message `{ payload, idempotencyKey? }`, or `{ messages: […] }`.
 * @returns the ids, in order.
 */
export async function sendBody(
  queue: Queue<unknown>,
  body: unknown,
  maxMessages: number,
): Promise<readonly string[]> {
  const sent = await queue.sendBatch(readMessages(body, maxMessages));
  return sent.map(({ id }) => id);
}

function readMessages(body: unknown, maxMessages: number): readonly BatchMessage<unknown>[] {
  if (!isObject(body)) throw invalid("a JSON object with `payload` or `messages`");
  if (!("messages" in body)) return [readMessage(body)];
  const { messages, ...others } = body;
  if (Object.keys(others).length > 0) throw invalid("nothing beside `messages`");
  if (!Array.isArray(messages) || messages.length === 0 || messages.length > maxMessages) {
    throw invalid(`\`messages\` to be an array of 1 to ${maxMessages} messages`);
  }
  return messages.map(readMessage);
}

function readMessage(given: unknown): BatchMessage<unknown> {
  if (!isObject(given) || !("payload" in given)) throw invalid("each message to have a `payload`");
  const { payload, idempotencyKey } = given;
  if (Object.keys(given).some((name) => !MESSAGE.includes(name))) {
    throw invalid("a message to have `payload` and `idempotencyKey`, and nothing else");
  }
  if (idempotencyKey === undefined) return { payload };
  if (typeof idempotencyKey === "string") return { payload, idempotencyKey };
  throw invalid("`idempotencyKey` to be a string");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(expected: string): HttpError {
  return new HttpError(400, "invalid_request", `Expected ${expected}.`);
}
