import { isErrorReply } from "./connection.ts";
import { encodeError } from "./encode.ts";
import { GatewayError, type GatewayErrorCode } from "./errors.ts";

const STATUS: Readonly<Record<GatewayErrorCode, number>> = {
  bad_option: 500,
  bad_redis_url: 500,
  bad_request: 400,
  refused: 400,
  discarded: 400,
  unauthorized: 401,
  not_found: 404,
  method_not_allowed: 405,
  request_too_large: 413,
  overloaded: 503,
  stopping: 503,
  redis_unreachable: 503,
  redis_interrupted: 502,
  timeout: 504,
  client_gone: 499,
};

/** A JSON answer; `body` is JSON already. */
export function jsonAnswer(status: number, body: string, syncToken: string): Response {
  return new Response(body, {
    status,
    headers: { "content-type": "application/json", "upstash-sync-token": syncToken },
  });
}

/** The answer to a request that failed as a whole. */
export function errorAnswer(error: unknown, syncToken: string): Response {
  const { status, message } = describe(error);
  const answer = jsonAnswer(status, encodeError(message), syncToken);
  if (status === 503) answer.headers.set("retry-after", "1");
  if (status === 405) answer.headers.set("allow", "HEAD, GET, POST, PUT");
  return answer;
}

function describe(error: unknown): { status: number; message: string } {
  if (error instanceof GatewayError) return { status: STATUS[error.code], message: error.message };
  // Redis's own words: the command had its turn, and failed.
  if (isErrorReply(error)) return { status: 400, message: error.message };
  // Ours to mend; what it says may be about anything, so it stays inside.
  return { status: 500, message: "ERR internal error" };
}
