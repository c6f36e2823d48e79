import { errorAnswer } from "./answer.ts";
import type { Backend } from "./backend.ts";
import { withDeadline } from "./deadline.ts";
import type { Encoding } from "./encode.ts";
import { GatewayError } from "./errors.ts";
import type { Gate } from "./gate.ts";
import type { ResolvedOptions } from "./options.ts";
import { type Authenticate, presentedToken, type TokenAccess } from "./tokens.ts";

/** What the requests of one gateway share. */
export interface GatewayContext {
  readonly options: ResolvedOptions;
  readonly backend: Backend;
  /** The backend that answers this request. */
  backendFor(request: Request): Backend;
  readonly authenticate: Authenticate;
  readonly gate: Gate;
  /** A fresh value for each answer's `upstash-sync-token`. */
  syncToken(): string;
}

/** One request that has shown a good token, and how it wants its answer. */
export interface Exchange extends GatewayContext {
  readonly request: Request;
  readonly access: TokenAccess;
  readonly encoding: Encoding;
  /** Answer with Redis's own bytes. */
  readonly resp2: boolean;
}

/** Checks the token and the headers. Throws `unauthorized` or `bad_request`. */
export function openExchange(context: GatewayContext, request: Request): Exchange {
  const access = context.authenticate(presentedToken(request));
  if (access === undefined) {
    throw new GatewayError("unauthorized", "WRONGPASS invalid or missing auth token");
  }
  const encoding = request.headers.get("upstash-encoding");
  if (encoding !== null && encoding !== "" && encoding !== "base64") {
    throw badHeader("Upstash-Encoding", "base64");
  }
  const format = request.headers.get("upstash-response-format");
  if (format !== null && format !== "json" && format !== "resp2") {
    throw badHeader("Upstash-Response-Format", "json or resp2");
  }
  if (format === "resp2" && encoding === "base64") {
    throw new GatewayError(
      "bad_request",
      "ERR Upstash-Encoding base64 is not permitted with Upstash-Response-Format resp2",
    );
  }
  return {
    ...context,
    backend: context.backendFor(request),
    request,
    access,
    encoding: encoding === "base64" ? "base64" : "utf8",
    resp2: format === "resp2",
  };
}

/**
 * Runs a request within the limits: a place at the gate, a bounded time. What failed is answered,
 * never thrown. A request that ran out of time keeps its place until its commands are settled, so
 * that a stuck Redis meets a bounded number of them.
 */
export async function serveExchange(
  context: GatewayContext,
  request: Request,
  run: (exchange: Exchange) => Promise<Response>,
): Promise<Response> {
  const { requestTimeoutMs } = context.options;
  try {
    const exchange = openExchange(context, request);
    const waiting = context.gate.enter(() => request.signal);
    if (waiting !== undefined) await waiting;
    const running = run(exchange).finally(context.gate.leave);
    return await withDeadline(requestTimeoutMs, running, () => timedOut(requestTimeoutMs));
  } catch (error) {
    return errorAnswer(error, context.syncToken());
  }
}

function timedOut(timeoutMs: number): GatewayError {
  return new GatewayError(
    "timeout",
    `ERR no answer from Redis within ${timeoutMs} ms; the command may have run, or not`,
  );
}

function badHeader(name: string, expected: string): GatewayError {
  return new GatewayError("bad_request", `ERR expected the header ${name} to be ${expected}`);
}
