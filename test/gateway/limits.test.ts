import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createGateway, type Gateway, type GatewayOptions } from "../../src/gateway/index.ts";
import { ask, type FakeBackend, fakeBackend, startGateway, TOKEN } from "./support.ts";

const headers = { authorization: `Bearer ${TOKEN}` };

/** A gateway whose Redis answers when the test says so. */
function held(options: Partial<GatewayOptions> = {}): { backend: FakeBackend; gateway: Gateway } {
  const backend = fakeBackend({ hold: true });
  return { backend, gateway: createGateway({ redis: backend, token: TOKEN, ...options }) };
}

function ping(gateway: Gateway, signal?: AbortSignal): Promise<Response> {
  const request = new Request("http://gateway/ping", { headers, ...(signal ? { signal } : {}) });
  return Promise.resolve(gateway.fetch(request));
}

/** Lets everything happen that needs no input. */
const turn = () => new Promise((done) => setImmediate(done));

const PONG = Buffer.from("PONG");

describe("the size of a request", () => {
  const cleanups: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });
  async function small() {
    const gateway = await startGateway({ maxRequestBytes: 100 });
    cleanups.push(() => gateway.close());
    return gateway;
  }
  const bodyOf = (length: number) => `["ECHO","${"x".repeat(length - 11)}"]`;

  test("may be the limit, and no more", async () => {
    const gateway = await small();
    expect((await ask(gateway, "/", { raw: bodyOf(100) })).status).toBe(200);
    for (const path of ["/", "/pipeline", "/multi-exec", "/set/k"]) {
      const answer = await ask(gateway, path, { raw: bodyOf(101) });
      expect(answer.status).toBe(413);
      expect(answer.json).toEqual({
        error: "ERR max request size exceeded. Limit: 100 bytes, Actual: 101 bytes",
      });
    }
  });

  test("is bounded too where the request does not announce it", async () => {
    const gateway = await small();
    const send = (text: string) =>
      fetch(gateway.url, {
        method: "POST",
        headers,
        body: chunks(text),
        duplex: "half",
      } as RequestInit);
    expect(await (await send(bodyOf(100))).json()).toEqual({ result: "x".repeat(89) });
    expect((await send(bodyOf(101))).status).toBe(413);
  });

  test("is 10 MiB by default", async () => {
    const gateway = await startGateway();
    cleanups.push(() => gateway.close());
    const limit = 10 * 1024 * 1024;
    const fits = await ask(gateway, "/", { raw: `["STRLEN","${"x".repeat(limit - 13)}"]` });
    expect(fits.text).toBe('{"result":0}');
    const over = await ask(gateway, "/", { raw: `["STRLEN","${"x".repeat(limit - 12)}"]` });
    expect(over.status).toBe(413);
  });
});

function chunks(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.slice(0, 50));
      controller.enqueue(bytes.slice(50));
      controller.close();
    },
  });
}

describe("a request that Redis does not answer in time", () => {
  test("is answered 504", async () => {
    const { gateway } = held({ requestTimeoutMs: 20 });
    const answer = await ping(gateway);
    expect(answer.status).toBe(504);
    expect(await answer.json()).toEqual({
      error: "ERR no answer from Redis within 20 ms; the command may have run, or not",
    });
  });

  test("keeps its place until Redis answers after all", async () => {
    const { backend, gateway } = held({ requestTimeoutMs: 20, maxConcurrency: 1, maxQueue: 0 });
    expect((await ping(gateway)).status).toBe(504);
    expect((await ping(gateway)).status).toBe(503);
    backend.pending[0]!(PONG);
    await turn();
    expect((await ping(gateway)).status).toBe(504);
    expect(backend.seen).toHaveLength(2);
  });

  test("and those that wait behind it are answered 503", async () => {
    const { backend, gateway } = held({ requestTimeoutMs: 20, maxConcurrency: 1, maxQueue: 5 });
    const answers = await Promise.all([ping(gateway), ping(gateway), ping(gateway)]);
    expect(answers.map(({ status }) => status)).toEqual([504, 503, 503]);
    expect(backend.seen).toHaveLength(1);
  });
});

describe("more requests than the gateway may run at once", () => {
  test("wait their turn, and beyond the queue are answered 503 with Retry-After", async () => {
    const { backend, gateway } = held({ maxConcurrency: 2, maxQueue: 1 });
    const [first, second, third] = [ping(gateway), ping(gateway), ping(gateway)];
    const fourth = await ping(gateway);
    expect([fourth.status, fourth.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await fourth.json()).toEqual({ error: "ERR the gateway is busy; try again later" });
    expect(backend.seen).toHaveLength(2);
    backend.pending[0]!(PONG);
    expect((await first).status).toBe(200);
    expect(backend.seen).toHaveLength(3);
    backend.pending[1]!(PONG);
    backend.pending[2]!(PONG);
    expect([(await second).status, (await third).status]).toEqual([200, 200]);
    const again = ping(gateway);
    await turn();
    backend.pending.at(-1)!(PONG);
    expect((await again).status).toBe(200);
  });

  test("are never more at once than they may, however many come", async () => {
    const { backend, gateway } = held({ maxConcurrency: 2, maxQueue: 10 });
    const answers = Array.from({ length: 10 }, () => ping(gateway));
    for (let answered = 0; answered < 10; answered += 1) {
      await turn();
      expect(backend.seen).toHaveLength(Math.min(10, answered + 2));
      backend.pending[answered]!(PONG);
    }
    for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
    const [one, two, three] = [ping(gateway), ping(gateway), ping(gateway)];
    await turn();
    expect(backend.seen).toHaveLength(12);
    for (const index of [10, 11, 12]) {
      backend.pending[index]!(PONG);
      await turn();
    }
    expect((await Promise.all([one, two, three])).map(({ status }) => status)).toEqual([
      200, 200, 200,
    ]);
  });

  test("lose their turn when their client goes away", async () => {
    const { backend, gateway } = held({ maxConcurrency: 1, maxQueue: 1 });
    const first = ping(gateway);
    const abort = new AbortController();
    const gone = ping(gateway, abort.signal);
    abort.abort();
    expect((await gone).status).toBe(499);
    const next = ping(gateway);
    backend.pending[0]!(PONG);
    expect((await first).status).toBe(200);
    await turn();
    backend.pending[1]!(PONG);
    expect((await next).status).toBe(200);
    expect(backend.seen).toHaveLength(2);
  });
});

describe("closing", () => {
  test("lets what runs finish, and refuses what comes or waits", async () => {
    const { backend, gateway } = held({ maxConcurrency: 1, maxQueue: 1 });
    const running = ping(gateway);
    const waiting = ping(gateway);
    const closed = gateway.close();
    expect((await waiting).status).toBe(503);
    const late = await ping(gateway);
    expect([late.status, await late.json()]).toEqual([
      503,
      { error: "ERR the gateway is stopping" },
    ]);
    expect(backend.closed).toBe(false);
    backend.pending[0]!(PONG);
    expect((await running).status).toBe(200);
    await closed;
    expect(backend.closed).toBe(true);
    const stream = await gateway.fetch(new Request("http://gateway/subscribe/ch", { headers }));
    expect(stream.status).toBe(503);
  });

  test("waits only so long", async () => {
    const { backend, gateway } = held({ stopTimeoutMs: 20 });
    void ping(gateway);
    await gateway.close();
    expect(backend.closed).toBe(true);
  });

  test("does not wait for a connection that nobody used", async () => {
    const server = await startGateway({ redis: fakeBackend() });
    const unused = connect(server.port, "127.0.0.1");
    await new Promise<void>((done) => unused.once("connect", done));
    const gone = new Promise<void>((done) => unused.once("close", done));
    await server.close();
    await gone;
  });

  test("a server answers what is under way, and then nobody", async () => {
    const backend = fakeBackend({ hold: true });
    const server = await startGateway({ redis: backend });
    const running = ask(server, "/ping");
    while (backend.pending.length === 0) await turn();
    const closed = server.close();
    backend.pending[0]!(PONG);
    expect((await running).json).toEqual({ result: "PONG" });
    await closed;
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow("fetch failed");
  });
});
