import { StoreError } from "../errors.ts";
import type { Backlog, Due, SendReply, SendRequest, StoreQueue } from "../store.ts";
import { serverError } from "./errors.ts";
import { asArray, asNumber, asText } from "./reply.ts";
import { callOf, defineScript, type ScriptCall } from "./script.ts";

/** How long a send or a redrive can be repeated without doing it twice, at least. */
export const REMEMBER_MS = 120_000;

/** Stores messages once, however often the request arrives. */
export const sendScript = defineScript("send", {
  keys: ["stream", "sent_key"],
  fragments: ["add", "send"],
});

/** The same where some wait until they are due, or are stored only once for their key. */
export const sendCheckedScript = defineScript("send-checked", {
  keys: [
    "stream",
    "sent_key",
    "delayed_key",
    "bodies_key",
    "moved_key",
    "keys_key",
    "ids_key",
    "parked_key",
    "state_key",
    "kicked_key",
  ],
  moreKeys: ["moved_key"],
  fragments: ["add", "fields", "holders", "send-checked"],
});

export function sendCall(queue: StoreQueue, request: SendRequest, rememberMs: number): ScriptCall {
  if (asksForMore(queue, request)) {
    return sendCheckedCall(queue, request, rememberMs);
  }
  const list = request.entries.flatMap((fields) => [String(fields.length), ...fields]);
  return callOf(
    sendScript,
    queue,
    { count: request.entries.length, remember: rememberMs, declared: declaredBy(queue) },
    { sent: request.requestId, list },
  );
}

function asksForMore(queue: StoreQueue, { due, kickMs }: SendRequest): boolean {
  const { deduplicate, maxBacklog, keepNewest } = queue;
  return deduplicate || [due, kickMs, maxBacklog, keepNewest].some((one) => one !== undefined);
}

function sendCheckedCall(
  queue: StoreQueue,
  { requestId, entries, due = [], kickMs = 0 }: SendRequest,
  rememberMs: number,
): ScriptCall {
  return callOf(
    sendCheckedScript,
    queue,
    {
      count: entries.length,
      remember: rememberMs,
      request: requestId,
      dedupe: queue.deduplicate ? 1 : 0,
      key_field: queue.keyField,
      group: queue.group,
      keep: queue.shared || queue.retention !== undefined ? 1 : 0,
      max_messages: queue.maxBacklog?.messages ?? 0,
      max_bytes: queue.maxBacklog?.bytes ?? 0,
      newest: queue.keepNewest?.count ?? 0,
      exact: queue.keepNewest?.exact === true ? 1 : 0,
      kick: kickMs,
      declared: declaredBy(queue),
    },
    {
      sent: requestId,
      list: entries.flatMap((fields, i) => [String(fields.length), textOf(due[i]), ...fields]),
    },
  );
}

/** As add.lua reads it. */
export function declaredBy({ groups }: StoreQueue): string {
  return groups.join("\n");
}

/** As send-checked.lua reads it. */
function textOf(due: Due | undefined): string {
  if (due === undefined) return "";
  return "at" in due ? String(due.at) : `+${due.inMs}`;
}

export function readSendReply(
  reply: readonly unknown[],
  requests: number,
  unanswered = false,
): SendReply {
  const text = asText(reply[3]);
  return {
    // An id that nobody wrote down, of a message whose key was not deduplicated.
    ids: asIds(reply[2]).map((id) => (id === undefined || id === "?" ? "" : id)),
    duplicates: asIds(reply[4] ?? "").map((place) => Number(place) - 1),
    backlog: readBacklog(asArray(reply[5] ?? [])),
    kick: reply[6] === 1 || reply[6] === "1",
    full: reply[0] === "full",
    unanswered,
    error: text === "" ? undefined : serverError(text, requests, unanswered),
    bill: { requests, commands: asNumber(reply[1]) },
  };
}

function readBacklog([messages, bytes]: readonly unknown[]): Backlog | undefined {
  if (messages === undefined) return undefined;
  return { messages: asNumber(messages), bytes: asNumber(bytes) };
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
