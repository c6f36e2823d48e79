import { createQueue } from "../../src/index.ts";
import { httpApp, memoryNonces, signed, work } from "../../src/runtimes/http/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { KEYS } from "../signing/keys.ts";

// A queue in workerd whose messages wait until they are let through, and which says how far it is.

interface Context {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

const queue = createQueue<string>({ name: "orders", store: memoryStore() });
const handled: string[] = [];
const letThrough = new Set<string>();
const answers: { status: number; body: string; pathname: string; host: string }[] = [];

const app = httpApp({
  queues: work(queue, async ({ payload }) => {
    // Asked for again and again: a promise of another request would not do here.
    while (!letThrough.has(payload)) await new Promise((resolve) => setTimeout(resolve, 10));
    handled.push(payload);
  }),
  callers: [signed({ keys: [KEYS.current], scopes: ["drain"], nonces: memoryNonces() })],
  tokens: [{ token: "token-that-may-drain", scopes: ["drain"] }],
});

export default {
  async fetch(request: Request, env: unknown, context: Context): Promise<Response> {
    const { pathname, host, searchParams } = new URL(request.url);
    const n = searchParams.get("n") ?? "";
    if (pathname === "/send") return Response.json(await queue.send(n));
    if (pathname === "/let-through") return Response.json(letThrough.add(n).size);
    if (pathname === "/state") return Response.json({ handled, answers });
    const body = await request.clone().text();
    const response = await app.fetch(request, env, context);
    answers.push({ status: response.status, body, pathname, host });
    return response;
  },
};
