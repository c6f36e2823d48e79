// HTTP as a Function URL and an API Gateway HTTP API send it: payload format 2.0. Emulators leave out
// fields that the types of AWS promise, or send null, so what is read has a default.

import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** What Lambda turns into the HTTP response; all of it is always there. */
export interface HttpResult extends APIGatewayProxyStructuredResultV2 {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly cookies: string[];
  readonly body: string;
  readonly isBase64Encoded: boolean;
}

export function isHttpEvent(event: unknown): event is APIGatewayProxyEventV2 {
  const { version, rawPath, requestContext } = (event ?? {}) as Partial<APIGatewayProxyEventV2>;
  return (
    version === "2.0" && typeof rawPath === "string" && requestContext?.http?.method !== undefined
  );
}

/** The request of an event; undefined for one that no client can have made. */
export function toRequest(event: APIGatewayProxyEventV2): Request | undefined {
  try {
    return buildRequest(event);
  } catch {
    return undefined; // an address, a method or a header that HTTP does not have
  }
}

function buildRequest(event: APIGatewayProxyEventV2): Request {
  const { rawPath, rawQueryString = "", headers = {}, cookies = [], requestContext } = event;
  const { method } = requestContext.http;
  const host = requestContext.domainName ?? headers.host ?? "localhost";
  const query = rawQueryString === "" ? "" : `?${rawQueryString}`;
  const given = Object.entries(headers).filter(
    (header): header is [string, string] => header[1] !== undefined,
  );
  const request = new Headers(given);
  if (cookies.length > 0) request.set("cookie", cookies.join("; "));
  const body = bodyOf(event);
  // Lambda has read the whole body; what was announced may have been of another encoding.
  if (body !== undefined) request.set("content-length", String(body.length));
  const hasBody = body !== undefined && method !== "GET" && method !== "HEAD";
  return new Request(`https://${host}${rawPath}${query}`, {
    method,
    headers: request,
    ...(hasBody ? { body } : {}),
  });
}

function bodyOf({
  body,
  isBase64Encoded,
}: APIGatewayProxyEventV2): Buffer<ArrayBuffer> | undefined {
  if (body === undefined || body === null) return undefined;
  return Buffer.from(body, isBase64Encoded === true ? "base64" : "utf8");
}

export async function toResult(response: Response): Promise<HttpResult> {
  const { "set-cookie": _, ...headers } = Object.fromEntries(response.headers);
  const bytes = Buffer.from(await response.arrayBuffer());
  const isText = isTextual(response.headers);
  return {
    statusCode: response.status,
    headers,
    cookies: response.headers.getSetCookie(),
    body: bytes.toString(isText ? "utf8" : "base64"),
    isBase64Encoded: !isText,
  };
}

/** Whether the body survives as a JSON string; anything else travels as base64. */
function isTextual(headers: Headers): boolean {
  const type = headers.get("content-type") ?? "";
  const isUtf8 = !/charset=(?!"?utf-?8)/i.test(type);
  return (
    isUtf8 &&
    !headers.has("content-encoding") &&
    /^(?:text\/|application\/(?:[\w.-]+\+)?json\b)/i.test(type)
  );
}
