import { onlyKnown } from "../expect.ts";
import { bearer } from "../runtimes/http/tokens.ts";
import { formatFor } from "./accept.ts";
import { CONTENT_TYPE } from "./exposition.ts";
import { createMetrics, METRICS_OPTIONS, type MetricsOptions } from "./metrics.ts";
import type { MeteredQueue } from "./read.ts";

export interface MetricsHandlerOptions extends MetricsOptions {
  readonly queues: MeteredQueue | readonly MeteredQueue[];
  /**
   * Who may read: bearer tokens of at least 16 printable ASCII characters; several while one is being
   * changed. An unset variable is refused.
   */
  readonly token: string | undefined | readonly (string | undefined)[];
}

/**
 * Answers a collector's GET with the metrics, in the format that its Accept header asks for. It serves
 * whatever path it is given. No I/O before the first request: cheap enough to make in every invocation.
 *
 * @example
 * const metrics = metricsHandler({ queues: orders, token: process.env.METRICS_TOKEN });
 * export default { fetch: (request: Request) => metrics(request) };
 * @throws OptionError for an option that cannot be used, and for a token that anybody could guess.
 */
export function metricsHandler(
  options: MetricsHandlerOptions,
): (request: Request) => Promise<Response> {
  onlyKnown("metricsHandler", options, [...METRICS_OPTIONS, "queues", "token"]);
  const answer = metricsResponse(options.queues, withoutAccess(options));
  const tokens = [options.token].flat();
  const caller = bearer(tokens.map((token) => ({ token, scopes: ["health"] as const })));

  return async (request) => {
    const { method, url, headers } = request;
    const value = headers.get(caller.header);
    const body = async () => new Uint8Array();
    const known = value !== null && (await caller.verify({ value, method, url, body }));
    if (!known) return refusal(401, { "www-authenticate": caller.scheme });
    return answer(request);
  };
}

/**
 * The same without a look at who asks: for an app that has let the request in already.
 * @throws OptionError for an option that cannot be used.
 */
export function metricsResponse(
  queues: MeteredQueue | readonly MeteredQueue[],
  options: MetricsOptions = {},
): (request: Request) => Promise<Response> {
  onlyKnown("metricsResponse", options, METRICS_OPTIONS);
  const write = createMetrics(queues, options);
  return async ({ method, headers }) => {
    if (method !== "GET" && method !== "HEAD") return refusal(405, { allow: "GET, HEAD" });
    const format = formatFor(headers.get("accept"));
    const text = method === "HEAD" ? null : await write(format);
    return new Response(text, {
      headers: {
        "content-type": CONTENT_TYPE[format],
        "cache-control": "no-store",
        vary: "accept",
      },
    });
  };
}

function withoutAccess({ queues: _, token: __, ...options }: MetricsHandlerOptions) {
  return options;
}

function refusal(status: number, headers: Record<string, string>): Response {
  return new Response(null, { status, headers: { "cache-control": "no-store", ...headers } });
}
