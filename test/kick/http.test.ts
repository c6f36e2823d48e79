import { expect, test } from "vitest";
import { type HttpKickOptions, httpKick, KickError } from "../../src/kick/index.ts";
import { type HttpOptions, httpApp, memoryNonces } from "../../src/runtimes/http/index.ts";
import { signed } from "../../src/signing/index.ts";
import { ACCESS, serving, TOKENS, tcpWork } from "../runtimes/support.ts";
import { KEYS } from "../signing/keys.ts";
import { failureOf, listening, listeningTcp } from "./support.ts";

/** What arrived at an app, and how it was answered. */
interface Exchange {
  readonly path: string;
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

const inbox = (name?: string) => {
  const handled: unknown[] = [];
  const options = name === undefined ? {} : { name };
  const work = tcpWork(({ payload }) => handled.push(payload), {}, options);
  return { work, handled, queue: work.queue };
};

/** Serves an app over real HTTP and keeps what is exchanged. */
async function servingApp(
  options: HttpOptions,
  use: (url: string, exchanges: readonly Exchange[]) => Promise<void>,
): Promise<void> {
  const app = httpApp(options);
  const exchanges: Exchange[] = [];
  await serving(
    async (request) => {
      const body = await request.clone().text();
      const response = await app.fetch(request);
      const { pathname: path } = new URL(request.url);
      exchanges.push({ path, status: response.status, body, headers: request.headers });
      return response;
    },
    (_, url) => use(url, exchanges),
  );
}

/** Lets in who signs, each request once. */
const signers = () => [signed({ keys: [KEYS.current], scopes: ["drain"], nonces: memoryNonces() })];

const QUICK = { timeout: "10 s" } as const; // what is not about the timeout must not meet it

test("a signed kick makes a pass, one request each time, and each with a signature of its own", async () => {
  const { work, handled, queue } = inbox();
  await servingApp({ queues: work, callers: signers() }, async (url, exchanges) => {
    const kick = httpKick({ url, key: KEYS.current, ...QUICK });
    await queue.send("one");
    await kick({ queue: queue.name, depth: 0 });
    await queue.send("two");
    await kick({ queue: queue.name, depth: 7 });
    expect(handled).toEqual(["one", "two"]);
    expect(exchanges.map(({ status, body }) => [status, body])).toEqual([
      [200, '{"depth":0,"wait":false}'],
      [200, '{"depth":7,"wait":false}'],
    ]);
    const [one, two] = exchanges.map(({ headers }) => headers.get("xdrain-signature"));
    expect(one).not.toBe(two);
    expect(exchanges[0]?.headers.get("content-length")).toBe("24");
  });
});

test("a kick with a token makes a pass", async () => {
  const { work, handled, queue } = inbox();
  await servingApp({ queues: work, tokens: ACCESS ?? [] }, async (url) => {
    await queue.send("one");
    await httpKick({ url, token: TOKENS.drain, ...QUICK })({ queue: queue.name, depth: 0 });
    expect(handled).toEqual(["one"]);
  });
});

test("an app that can go on by itself answers before its pass", async () => {
  const { work, handled, queue } = inbox();
  const passes: Promise<unknown>[] = [];
  const waitUntil = (pass: Promise<unknown>) => void passes.push(pass);
  const options = { queues: work, callers: signers(), waitUntil };
  await servingApp(options, async (url, exchanges) => {
    await queue.send("one");
    await httpKick({ url, key: KEYS.current, ...QUICK })({ queue: queue.name, depth: 0 });
    expect(exchanges.map(({ status }) => status)).toEqual([202]);
    await Promise.all(passes);
    expect(handled).toEqual(["one"]);
  });
});

test("an app below a path, and names that an address has to write differently, are found", async () => {
  for (const name of ["a/b", "c:{d}", "50 %", "grüße", "x?y#z", "it's (1)!*", "..;", "%2e"]) {
    const { work, handled, queue } = inbox(`${name} ${Math.random()}`);
    await servingApp({ queues: work, callers: signers() }, async (url, exchanges) => {
      const kick = httpKick({ url: `${url}/`, key: KEYS.current, ...QUICK });
      await queue.send("one");
      await kick({ queue: queue.name, depth: 0 });
      expect([handled, exchanges.length], name).toEqual([["one"], 1]);
    });
  }
  const paths: (string | undefined)[] = [];
  const host = await listening(({ url }, response) => {
    paths.push(url);
    response.writeHead(202).end();
  });
  const below = httpKick({ url: `http://${host}/some/app/`, key: KEYS.current, ...QUICK });
  await below({ queue: "orders", depth: 0 });
  expect(paths).toEqual(["/some/app/queues/orders/drain"]);
});

test("who may not drain is denied, and no error says a secret or the address", async () => {
  const { work, queue, handled } = inbox();
  await queue.send("one");
  const options = { queues: work, tokens: ACCESS ?? [], callers: signers() };
  await servingApp(options, async (url, exchanges) => {
    const wrong: Partial<HttpKickOptions>[] = [
      { key: KEYS.other },
      { token: "a-token-of-somebody-else" },
      { token: TOKENS.send },
      { key: KEYS.current, clock: { now: () => Date.now() - 600_000 } },
    ];
    for (const proof of wrong) {
      const error = await failureOf(
        httpKick({ url, ...QUICK, ...proof })({ queue: queue.name, depth: 0 }),
      );
      expect(error).toBeInstanceOf(KickError);
      expect(error.code).toBe("denied");
      const said = `${error.message} ${error.stack} ${JSON.stringify(error)} ${error.cause}`;
      for (const secret of [KEYS.other, KEYS.current, "somebody-else", TOKENS.send, url]) {
        expect(said).not.toContain(secret);
      }
    }
    expect(exchanges.map(({ status }) => status)).toEqual([401, 401, 403, 401]);
    expect(handled).toEqual([]);
  });
});

test("a queue that the app does not know is not found", async () => {
  const { work } = inbox();
  await servingApp({ queues: work, callers: signers() }, async (url, exchanges) => {
    const kick = httpKick({ url, key: KEYS.current, ...QUICK });
    expect(await failureOf(kick({ queue: "other", depth: 0 }))).toMatchObject({
      code: "not_found",
      message: expect.stringContaining('The kick of "other" failed: it was answered with 404.'),
    });
    expect(exchanges).toHaveLength(1);
  });
});

test("every status has its code, and none of them is asked again", async () => {
  const codes = {
    200: "taken",
    202: "taken",
    204: "taken",
    301: "refused",
    307: "refused",
    400: "refused",
    401: "denied",
    403: "denied",
    404: "not_found",
    408: "unavailable",
    409: "unavailable",
    413: "refused",
    429: "throttled",
    500: "unavailable",
    502: "unavailable",
    503: "unavailable",
  };
  for (const [status, code] of Object.entries(codes)) {
    let requests = 0;
    const host = await listening((_, response) => {
      requests += 1;
      response.writeHead(Number(status), { location: "/elsewhere" }).end("x".repeat(10));
    });
    const kick = httpKick({ url: `http://${host}`, key: KEYS.current, ...QUICK });
    const end = await kick({ queue: "orders", depth: 0 }).then(
      () => "taken",
      (error: KickError) => error.code,
    );
    expect([status, end, requests]).toEqual([status, code, 1]);
  }
});

test("an answer that never ends holds up nobody", async () => {
  const host = await listening((_, response) => {
    response.writeHead(202).write("more to come");
  });
  await httpKick({ url: `http://${host}`, key: KEYS.current, ...QUICK })({
    queue: "orders",
    depth: 0,
  });
});

test("a connection that breaks is tried once more with a new signature, and then no more", async () => {
  const seen: (string | string[] | undefined)[] = [];
  let breaks = 1;
  const host = await listening(({ headers, socket }, response) => {
    seen.push(headers["xdrain-signature"]);
    breaks -= 1;
    if (breaks >= 0) socket.destroy();
    else response.writeHead(202).end();
  });
  const kick = httpKick({ url: `http://${host}`, key: KEYS.current, ...QUICK });
  await kick({ queue: "orders", depth: 0 });
  expect([seen.length, new Set(seen).size]).toEqual([2, 2]);

  breaks = 10;
  const error = await failureOf(kick({ queue: "orders", depth: 0 }));
  expect([error.code, seen.length]).toEqual(["unavailable", 4]);
  expect(error.message).toContain("no answer came");
  expect(error.cause).toBeInstanceOf(TypeError);
});

test("where nobody listens the kick is unavailable", async () => {
  const kick = httpKick({ url: "http://127.0.0.1:1", key: KEYS.current, ...QUICK });
  expect(await failureOf(kick({ queue: "orders", depth: 0 }))).toMatchObject({
    code: "unavailable",
  });
});

test("without a connection when the time is over nothing was taken", async () => {
  // A handshake that is never answered: no byte of the request has gone out.
  const host = await listeningTcp(() => {});
  const kick = httpKick({ url: `https://${host}`, key: KEYS.current, timeout: "100 ms" });
  const error = await failureOf(kick({ queue: "orders", depth: 0 }));
  expect([error.code, error.cause]).toMatchObject(["unavailable", { name: "TimeoutError" }]);
  expect(error.message).toContain("no connection within 100 ms");
});

test("the timeout holds for a fetch too that does not heed it, or that throws", async () => {
  const at = { url: "https://app.example.com", key: KEYS.current } as const;
  const deaf = httpKick({ ...at, timeout: 20, fetch: () => new Promise<never>(() => {}) });
  expect((await failureOf(deaf({ queue: "orders", depth: 0 }))).code).toBe("unavailable");
  let calls = 0;
  const broken = httpKick({
    ...at,
    fetch() {
      calls += 1;
      throw new TypeError("no");
    },
  });
  expect((await failureOf(broken({ queue: "orders", depth: 0 }))).code).toBe("unavailable");
  expect(calls).toBe(2);
});

test("a kick that is called off ends at once, as taken where it is out, and one that was before makes no request", async () => {
  let requests = 0;
  const arrived: (() => void)[] = [];
  const host = await listening(() => {
    requests += 1;
    for (const tell of arrived) tell();
  });
  const kick = httpKick({ url: `http://${host}`, key: KEYS.current, timeout: "60 s" });
  const controller = new AbortController();
  arrived.push(() => controller.abort("enough"));
  const { signal } = controller;
  await kick({ queue: "orders", depth: 0, signal });
  expect(requests).toBe(1);
  const error = await failureOf(kick({ queue: "orders", depth: 0, signal }));
  expect([error.code, error.cause, requests]).toEqual(["unavailable", "enough", 1]);
  expect(error.message).toContain("it was called off");
});

test("a kick that is called off before a connection came about was taken by nobody", async () => {
  const controller = new AbortController();
  const host = await listeningTcp((socket) =>
    socket.once("data", () => controller.abort("enough")),
  );
  const kick = httpKick({ url: `https://${host}`, key: KEYS.current, timeout: "60 s" });
  const { signal } = controller;
  const error = await failureOf(kick({ queue: "orders", depth: 0, signal }));
  expect([error.code, error.cause]).toEqual(["unavailable", "enough"]);
});
