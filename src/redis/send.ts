import { StoreError } from "../errors.ts";
import type { SendReply, SendRequest, StoreQueue } from "../store.ts";
import { serverError } from "./errors.ts";
import { groupKeys, sentKey } from "./keys.ts";
import { asNumber, asText } from "./reply.ts";
import { callOf, defineScript, type ScriptCall } from "./script.ts";

/** How long a send or a redrive can be repeated without doing it twice, at least. */
export const REMEMBER_MS = 120_000;

/** Stores messages once, however often the request arrives. */
export const sendScript = defineScript("send", {
  keys: ["stream", "sent_key"],
  args: { count: "number", remember: "number" },
  fragments: ["send"],
});

export function sendCall(queue: StoreQueue, request: SendRequest, rememberMs: number): ScriptCall {
  const list = request.entries.flatMap((fields) => [String(fields.length), ...fields]);
  return callOf(
    sendScript,
    { stream: groupKeys(queue).stream, sent_key: sentKey(queue, request.requestId) },
    { count: request.entries.length, remember: rememberMs },
    { list },
  );
}

export function readSendReply(reply: readonly unknown[], requests: number): SendReply {
  const text = asText(reply[3]);
  return {
    ids: asIds(reply[2]).map((id) => id as string),
    error: text === "" ? undefined : serverError(text, requests),
    bill: { requests, commands: asNumber(reply[1]) },
  };
}

/** Ids in one text, separated by spaces; an empty one stands for no id. */
export function asIds(value: unknown): (string | undefined)[] {
  const text = asText(value);
  return text === "" ? [] : text.split(" ").map((id) => (id === "" ? undefined : id));
}

/** A reply that says more than `"ok"`, as an error. */
export function unexpectedStatus(reply: readonly unknown[], requests: number): StoreError {
  const status = asText(reply[0]);
  if (status === "error") return serverError(asText(reply[1]), requests);
  return new StoreError(
    "store_refused",
    `This queue's data has format ${asText(reply[1])}, which a newer xdrain wrote; update this one.`,
    { requests },
  );
}
