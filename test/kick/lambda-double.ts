import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { onTestFinished } from "vitest";
import { MOST_BYTES, readFunctionName } from "./lambda-rules.ts";

// Lambda's Invoke over HTTP, as far as asynchronous invocations go: its names, its rights, its errors, a
// queue of its own that invokes the functions and tries again, and the faults that a test asks for.

/** What happens to a request instead of what should, or beside it. */
export type Fault =
  /** 429; nothing is done. */
  | "throttle"
  /** 500; nothing is done. */
  | "fail"
  /** 409, as while the function is being changed; nothing is done. */
  | "conflict"
  /** The connection breaks before anything is done. */
  | "lose-request"
  /** It is done, and the connection breaks before the answer. */
  | "lose-answer"
  /** No answer, ever; nothing is done. */
  | "hang";

export interface Invocation {
  readonly name: string;
  readonly qualifier: string;
  readonly payload: unknown;
  /** 1 for the first, 2 and 3 where the function failed. */
  readonly attempt: number;
  readonly failed: boolean;
}

export interface LambdaDouble {
  readonly url: string;
  /** The functions that there are, by name. */
  readonly functions: Map<string, (event: unknown) => unknown>;
  /** The versions and aliases that there are beside $LATEST. */
  readonly qualifiers: Set<string>;
  /** The rights of whoever calls. */
  readonly rights: Set<string>;
  /** How many requests arrived, the SDK's own tries included. */
  requests: number;
  readonly invocations: Invocation[];
  inject(...faults: readonly Fault[]): void;
  /** Resolves once every event that was taken has been dealt with. */
  idle(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly error?: string;
  readonly message?: string;
}

const refused = (status: number, error: string, message = error): Answer => {
  return { status, error, message };
};

const MOST_ATTEMPTS = 3;

/** A double of its own for a test. */
export async function lambdaDouble(
  given: Readonly<Record<string, (event: unknown) => unknown>> = {},
): Promise<LambdaDouble> {
  const functions = new Map(Object.entries(given));
  const qualifiers = new Set<string>();
  const rights = new Set(["lambda:InvokeFunction"]);
  const invocations: Invocation[] = [];
  const events: Promise<void>[] = [];
  let faults: Fault[] = [];

  /** Until the function does not fail, or its attempts are used up. */
  async function deliver(name: string, qualifier: string, payload: unknown): Promise<void> {
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt += 1) {
      const failed = await Promise.resolve(payload)
        .then(functions.get(name))
        .then(
          () => false,
          () => true,
        );
      invocations.push({ name, qualifier, payload, attempt, failed });
      if (!failed) return;
    }
  }

  function invoke(url: URL, request: IncomingMessage, body: Buffer): Answer {
    const given = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(url.pathname)?.[1];
    if (request.method !== "POST" || given === undefined) {
      return refused(404, "UnknownOperationException");
    }
    if (request.headers["x-amz-invocation-type"] !== "Event") {
      return refused(400, "InvalidParameterValueException", "Only Event is here.");
    }
    const named = readFunctionName(decodeURIComponent(given), url.searchParams.get("Qualifier"));
    if (named === undefined) return refused(400, "ValidationException", "The name is wrong.");
    if (!rights.has("lambda:InvokeFunction")) {
      const who = "arn:aws:sts::123456789012:assumed-role/sender/x";
      return refused(403, "AccessDeniedException", `User: ${who} is not authorized.`);
    }
    const { name, qualifier } = named;
    const isThere = qualifier === "$LATEST" || qualifiers.has(qualifier);
    if (!functions.has(name) || !isThere) return refused(404, "ResourceNotFoundException");
    if (body.length > MOST_BYTES) return refused(413, "RequestTooLargeException");
    const payload = parse(body.toString());
    if (payload === undefined) return refused(400, "InvalidRequestContentException");
    events.push(deliver(name, qualifier, payload));
    return { status: 202 };
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    double.requests += 1;
    if (!isSigned(request)) {
      return respond(response, refused(403, "MissingAuthenticationTokenException"));
    }
    const fault = faults.shift();
    if (fault === "hang") return;
    if (fault === "lose-request") return request.socket.destroy();
    if (fault === "throttle") return respond(response, refused(429, "TooManyRequestsException"));
    if (fault === "fail") return respond(response, refused(500, "ServiceException"));
    if (fault === "conflict") return respond(response, refused(409, "ResourceConflictException"));
    const answer = invoke(
      new URL(request.url ?? "/", "http://double"),
      request,
      Buffer.concat(chunks),
    );
    if (fault === "lose-answer") return request.socket.destroy();
    respond(response, answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const double: LambdaDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ functions, qualifiers, rights, invocations, requests: 0 },
    inject: (...next) => {
      faults = [...next];
    },
    async idle() {
      while (events.length > 0) await events.shift();
    },
  };
  return double;
}

/** The SDK's client for a double, with the SDK's own tries where no number is given. */
export function clientOf(
  double: { readonly url: string },
  options: { readonly maxAttempts?: number } = {},
): LambdaClient {
  const client = new LambdaClient({
    ...options,
    region: "eu-central-1",
    endpoint: double.url,
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret-access-key" },
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** The signature itself is the SDK's affair. */
function isSigned({ headers }: IncomingMessage): boolean {
  const given = headers.authorization ?? "";
  return given.startsWith("AWS4-HMAC-SHA256 ") && given.includes("/lambda/aws4_request");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function respond(response: ServerResponse, { status, error, message }: Answer): void {
  const headers = { "content-type": "application/json" };
  if (error === undefined) response.writeHead(status, headers).end();
  else {
    response.writeHead(status, { ...headers, "x-amzn-errortype": error });
    response.end(JSON.stringify({ Type: "User", Message: message }));
  }
}
