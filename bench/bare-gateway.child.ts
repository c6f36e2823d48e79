// The least that can stand where the gateway does: Node's HTTP server, a token, JSON, ioredis.

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Redis } from "ioredis";
import { TOKEN } from "./target.ts";

/** By events, which costs least. */
function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(Buffer.concat(chunks).toString()));
    request.on("error", reject);
  });
}

async function answer(redis: Redis, path: string | undefined, body: string): Promise<unknown> {
  const parsed: unknown = JSON.parse(body);
  if (path === "/pipeline") {
    const commands = parsed as [string, ...string[]][];
    const named = commands.map(([name, ...args]) => [name.toLowerCase(), ...args]);
    const replies = (await redis.pipeline(named).exec()) ?? [];
    return replies.map(([error, result]) => (error ? { error: error.message } : { result }));
  }
  const [name = "", ...args] = parsed as string[];
  return { result: await redis.call(name, ...args) };
}

process.on("message", ({ redisUrl }: { readonly redisUrl: string }) => {
  const redis = new Redis(redisUrl, { protocol: 2 });
  const server = createServer(async (request, response) => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      response.writeHead(401).end();
      return;
    }
    const text = JSON.stringify(await answer(redis, request.url, await readBody(request)));
    response.writeHead(200, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    });
    response.end(text);
  });
  server.listen(0, "127.0.0.1", () => {
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
});
process.on("disconnect", () => process.exit(0));
