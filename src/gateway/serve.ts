import type { Server } from "node:http";
import type { Socket } from "node:net";
import { HTTP_SERVER, IOREDIS, needed } from "../needed.ts";
import { GatewayError } from "./errors.ts";
import { beginGateway } from "./gateway.ts";
import { type GatewayOptions, resolveOptions } from "./options.ts";

const SWEEP_MS = 10;

export interface ServeGatewayOptions extends GatewayOptions {
  /** Address to listen on. @default "127.0.0.1" */
  readonly host?: string;
  /** Port to listen on; 0 takes a free one. @default 0 */
  readonly port?: number;
}

/** A gateway that listens. */
export interface GatewayServer {
  /** What a client is given: `http://127.0.0.1:49152`. */
  readonly url: string;
  readonly port: number;
  /** Stops listening, lets running requests finish for a bounded time, then leaves Redis. */
  close(): Promise<void>;
}

/**
 * Serves a gateway over HTTP, on a free port of the loopback address unless told otherwise.
 *
 * @example
 * const gateway = await serveGateway({ redis: "redis://127.0.0.1:6379", token: process.env.GATEWAY_TOKEN });
 * const redis = new Redis({ url: gateway.url, token: process.env.GATEWAY_TOKEN });
 *
 * @throws GatewayError `bad_option` or `bad_redis_url`; PackageError without `hono`, `@hono/node-server`
 * and `ioredis`; rejects if it cannot listen
 */
export async function serveGateway(options: ServeGatewayOptions): Promise<GatewayServer> {
  const host = options.host ?? "127.0.0.1";
  const port = options.port ?? 0;
  if (!Number.isSafeInteger(port) || port < 0 || port > 65535) {
    throw new GatewayError(
      "bad_option",
      `Expected \`port\` to be an integer from 0 to 65535, got \`${port}\` (${typeof port}).`,
    );
  }
  const { requestTimeoutMs, stopTimeoutMs } = resolveOptions(options);
  const packages = typeof options.redis === "string" ? { ...HTTP_SERVER, ...IOREDIS } : HTTP_SERVER;
  const { createAdaptorServer } = await needed("xdrain/gateway", packages, () => {
    return import("@hono/node-server");
  });
  const gateway = await beginGateway(options)((opened) => opened);
  // Over HTTP/1 without TLS the adaptor makes a plain http.Server.
  const server = createAdaptorServer({ fetch: gateway.fetch }) as Server;
  // A body that trickles in holds a place; no longer than a request may take.
  server.requestTimeout = requestTimeoutMs;
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  try {
    await listen(server, host, port);
  } catch (error) {
    await gateway.close();
    throw error;
  }
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`,
    port: bound,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      const late = setTimeout(() => server.closeAllConnections(), stopTimeoutMs);
      await gateway.close();
      // Answers may still be on their way out; a connection that has sent its own is idle, and so
      // is one that a client opened and never used, which Node does not count.
      const sweep = setInterval(() => {
        server.closeIdleConnections();
        for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
      }, SWEEP_MS);
      await closed;
      clearInterval(sweep);
      clearTimeout(late);
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
