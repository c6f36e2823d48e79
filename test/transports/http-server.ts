import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { onTestFinished } from "vitest";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpServer {
  readonly url: string;
  /** Every request that arrived whole, in order. */
  readonly requests: SeenRequest[];
  /** How many of them were given up by the client before they were answered. */
  abandoned: number;
}

/** An HTTP server that answers as it is told; `request` is the request's number, from 1. */
export async function httpServer(
  answer: (response: ServerResponse, request: number, seen: SeenRequest) => unknown,
): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { method = "", url = "", headers } = request;
    const seen = { method, path: url, headers, body };
    const number = told.requests.push(seen);
    response.on("close", () => {
      if (!response.writableFinished) told.abandoned += 1;
    });
    await answer(response, number, seen);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const told: HttpServer = { url: `http://127.0.0.1:${port}`, requests: [], abandoned: 0 };
  return told;
}

/** Passes a request on to a gateway, and its answer back. */
export async function passOn(gateway: string, response: ServerResponse, seen: SeenRequest) {
  const { authorization = "" } = seen.headers;
  const answer = await fetch(`${gateway}${seen.path}`, {
    method: seen.method,
    headers: { authorization, "content-type": "application/json" },
    body: seen.body,
  });
  response.writeHead(answer.status, { "content-type": "application/json" });
  response.end(await answer.text());
}
