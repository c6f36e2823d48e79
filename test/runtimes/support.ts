import type { Server } from "node:http";
import { createAdaptorServer } from "@hono/node-server";
import { createQueue, type Handler, type QueueOptions } from "../../src/index.ts";
import { type HttpOptions, httpApp, type Work, work } from "../../src/runtimes/http/index.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";

export const TOKENS = {
  send: "token-that-may-send",
  drain: "token-that-may-drain",
  health: "token-that-may-look",
  all: "token-that-may-do-everything",
} as const;

export const ACCESS: HttpOptions["tokens"] = [
  { token: TOKENS.send, scopes: ["send"] },
  { token: TOKENS.drain, scopes: ["drain"] },
  { token: TOKENS.health, scopes: ["health"] },
  { token: TOKENS.all, scopes: ["send", "drain", "health"] },
];

/** A queue of its own name over TCP, with its handler. */
export function tcpWork(
  handler: Handler<unknown> = () => {},
  options: Work["options"] = {},
  queueOptions: Partial<QueueOptions> = {},
): Work {
  const queue = createQueue({ name: uniqueName("http"), store: tcpStore(), ...queueOptions });
  return work(queue, handler, options);
}

export interface Reply {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of many shapes
  readonly json: any;
  readonly headers: Headers;
}

/** Serves an app over real HTTP while `use` runs. */
export async function serving<T>(
  fetch: (request: Request) => Response | Promise<Response>,
  use: (ask: Ask, url: string) => Promise<T>,
): Promise<T> {
  const server = createAdaptorServer({ fetch }) as Server;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  try {
    return await use((path, init) => askAt(url, path, init), url);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

export type Ask = (path: string, init?: AskInit) => Promise<Reply>;

export interface AskInit {
  readonly method?: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly raw?: BodyInit;
  readonly headers?: Record<string, string>;
}

/** One request; with a body it is a POST of JSON. */
export async function askAt(url: string, path: string, init: AskInit = {}): Promise<Reply> {
  const body = init.raw ?? (init.body === undefined ? undefined : JSON.stringify(init.body));
  const response = await fetch(`${url}${path}`, {
    method: init.method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(init.token === undefined ? {} : { authorization: `Bearer ${init.token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...init.headers,
    },
    ...(body === undefined ? {} : { body, duplex: "half" }),
  });
  const text = await response.text();
  return { status: response.status, text, json: parse(text), headers: response.headers };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Serves queues with the tokens above. */
export function servingQueues<T>(
  queues: Work | readonly Work[],
  use: (ask: Ask, url: string) => Promise<T>,
  options: Partial<HttpOptions> = {},
): Promise<T> {
  return serving(httpApp({ queues, tokens: ACCESS, ...options }).fetch, use);
}
