import { isErrorReply } from "../connection.ts";
import { RAISED } from "./prelude.ts";

/** Puts an error that ended a script into Upstash's words; every other one stays as it is. */
export function wrapScriptError<T>(error: T): T | Error {
  if (!isErrorReply(error) || !error.message.startsWith(RAISED)) return error;
  const wrapped = new Error(inUpstashsWords(error.message));
  wrapped.name = "ReplyError";
  return wrapped;
}

/** The same for a reply in RESP2, where an error is one line. */
export function wrapRawError(reply: Buffer): Buffer {
  const head = `-${RAISED}`;
  if (reply.subarray(0, head.length).toString("latin1") !== head) return reply;
  const message = inUpstashsWords(reply.subarray(1, -2).toString("utf8"));
  return Buffer.from(`-${message.replaceAll(/[\r\n]/g, " ")}\r\n`);
}

function inUpstashsWords(message: string): string {
  const text = message.slice(RAISED.length);
  return `ERR Error running script: ${text}\nstack traceback:\n\t[G]: in function 'call'`;
}
