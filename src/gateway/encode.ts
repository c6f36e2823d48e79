import type { Reply } from "./backend.ts";

/** How strings of a reply are written into JSON; `base64` keeps bytes that are not UTF-8. */
export type Encoding = "utf8" | "base64";

const OK = Buffer.from("OK");

/**
 * The JSON text of a reply. In base64 every string is encoded, but "OK" as the whole reply is not:
 * a client reads that word raw, and inside an array it would decode it to something else.
 */
export function encodeReply(reply: Reply, encoding: Encoding): string {
  if (encoding === "base64" && Buffer.isBuffer(reply) && reply.equals(OK)) return '"OK"';
  return encodeValue(reply, encoding);
}

function encodeValue(reply: Reply, encoding: Encoding): string {
  if (reply === null) return "null";
  // Digits go out as they came: JSON numbers have no limit, JavaScript's do.
  if (typeof reply === "string") return reply;
  if (Buffer.isBuffer(reply)) return encodeString(reply, encoding);
  if (reply instanceof Error) return encodeString(Buffer.from(reply.message), encoding);
  let text = "[";
  for (let index = 0; index < reply.length; index += 1) {
    if (index > 0) text += ",";
    text += encodeValue(reply[index]!, encoding);
  }
  return `${text}]`;
}

function encodeString(bytes: Buffer, encoding: Encoding): string {
  return encoding === "base64"
    ? `"${bytes.toString("base64")}"`
    : JSON.stringify(bytes.toString("utf8"));
}

/** `{"result": …}` or, for Redis's error reply, `{"error": …}`. */
export function encodeItem(reply: Reply, encoding: Encoding): string {
  if (reply instanceof Error) return encodeError(reply.message);
  return `{"result":${encodeReply(reply, encoding)}}`;
}

/** The replies of a pipeline or a transaction, in order. */
export function encodeItems(replies: readonly Reply[], encoding: Encoding): string {
  let text = "[";
  for (let index = 0; index < replies.length; index += 1) {
    if (index > 0) text += ",";
    text += encodeItem(replies[index]!, encoding);
  }
  return `${text}]`;
}

export function encodeError(message: string): string {
  return `{"error":${JSON.stringify(message)}}`;
}
