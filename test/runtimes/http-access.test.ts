import { expect, test, vi } from "vitest";
import { freePort } from "../../scripts/local-redis.ts";
import { createQueue, OptionError } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { httpApp, work } from "../../src/runtimes/http/index.ts";
import { sameBytes } from "../../src/runtimes/http/tokens.ts";
import { ACCESS, servingQueues, TOKENS, tcpWork } from "./support.ts";

test("each scope opens its own routes and no others", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}`;
  await servingQueues(inbox, async (ask) => {
    const statuses: Record<string, number[]> = {};
    for (const scope of ["send", "drain", "health"] as const) {
      const token = TOKENS[scope];
      const replies = [
        await ask(`${path}/messages`, { token, body: { payload: 1 } }),
        await ask(`${path}/drain`, { token }),
        await ask(`${path}/health`, { token }),
        await ask("/health", { token }),
      ];
      statuses[scope] = replies.map(({ status }) => status);
    }
    expect(statuses).toEqual({
      send: [202, 403, 403, 403],
      drain: [403, 200, 403, 403],
      health: [403, 403, 200, 200],
    });
  });
});

test("a missing or wrong token is a 401 that says how to come in", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  await servingQueues(inbox, async (ask) => {
    const { drain: token } = TOKENS;
    const headers = [
      {},
      { authorization: "Bearer" },
      { authorization: `Basic ${token}` },
      { authorization: `Bearer ${token}x` },
      { authorization: `Bearer ${token.slice(0, -1)}` },
      { authorization: `Bearer ${token} ${token}` },
    ];
    for (const header of headers) {
      const reply = await ask(path, { headers: header });
      expect([reply.status, reply.json.error.code]).toEqual([401, "unauthorized"]);
      expect(reply.headers.get("www-authenticate")).toBe("Bearer");
    }
    expect((await ask(path, { headers: { authorization: `bearer  ${token}` } })).status).toBe(200);
  });
});

test("only who has a token learns which queues there are", async () => {
  await servingQueues(tcpWork(), async (ask) => {
    expect((await ask("/queues/none/drain")).status).toBe(401);
    expect((await ask("/queues/none/drain", { token: TOKENS.send })).status).toBe(403);
    const reply = await ask("/queues/none/drain", { token: TOKENS.drain });
    expect([reply.status, reply.json.error.code]).toEqual([404, "unknown_queue"]);
  });
});

test("an unknown route is a 404 in JSON", async () => {
  await servingQueues(tcpWork(), async (ask) => {
    const reply = await ask("/nowhere", { token: TOKENS.all });
    expect([reply.status, reply.json.error.code]).toEqual([404, "unknown_route"]);
  });
});

test("digests are compared to their last byte, wherever they differ", () => {
  const reads: number[] = [];
  const watched = new Proxy(new Uint8Array(32).fill(7), {
    get(target, key) {
      if (/^\d+$/.test(String(key))) reads.push(Number(key));
      return Reflect.get(target, key, target);
    },
  });
  for (const at of [0, 15, 31]) {
    reads.length = 0;
    const other = new Uint8Array(32).fill(7);
    other[at] = 8;
    expect(sameBytes(watched, other)).toBe(false);
    expect(reads).toEqual([...Array(32).keys()]);
  }
  expect(sameBytes(new Uint8Array(32).fill(7), new Uint8Array(32).fill(7))).toBe(true);
});

test("tokens that anybody could guess are refused when the app is made", () => {
  const inbox = tcpWork();
  const withToken = (token: unknown) => () =>
    httpApp({ queues: inbox, tokens: [{ token: token as string, scopes: ["send"] }] });
  for (const token of [undefined, "", "short", "has spaces in its middle", "grüße-aus-der-ferne"]) {
    expect(withToken(token)).toThrow(OptionError);
  }
  expect(() => httpApp({ queues: inbox, tokens: [] })).toThrow(OptionError);
  expect(() => httpApp({ queues: inbox, tokens: [{ token: TOKENS.send, scopes: [] }] })).toThrow(
    OptionError,
  );
});

test("neither secrets nor payloads come back in a reply", async () => {
  const secret = "payload-that-nobody-sees";
  const inbox = tcpWork((message) => {
    throw new Error(`could not ship ${JSON.stringify(message.payload)}`);
  });
  const storeToken = "token-of-the-store";
  const down = tcpWork(
    () => {},
    {},
    {
      store: upstash({
        url: `http://127.0.0.1:${await freePort()}`,
        token: storeToken,
        attempts: 1,
      }),
    },
  );
  await inbox.queue.send({ secret });
  await servingQueues([inbox, down], async (ask) => {
    const token = TOKENS.all;
    const replies = [
      await ask(`/queues/${inbox.queue.name}/drain`, { token }),
      await ask(`/queues/${inbox.queue.name}/messages`, { token, raw: `{"payload":"${secret}"` }),
      await ask(`/queues/${inbox.queue.name}/messages`, { token, body: { [secret]: secret } }),
      await ask(`/queues/${down.queue.name}/messages`, { token, body: { payload: secret } }),
      await ask(`/queues/${down.queue.name}/drain`, { token }),
      await ask(`/queues/${secret}/drain`, { token }),
      await ask(`/queues/${inbox.queue.name}/drain`, { token: `${token}x` }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 400, 400, 503, 503, 404, 401]);
    expect(replies[0]?.json.errors).toEqual([{ id: expect.any(String), outcome: "retry" }]);
    for (const { text } of replies) {
      for (const hidden of [secret, storeToken, token]) expect(text).not.toContain(hidden);
    }
  });
});

test("the texts of handlers' errors come back where the app says so", async () => {
  const inbox = tcpWork(() => {
    throw new Error("no stock");
  });
  await inbox.queue.send(1);
  await servingQueues(
    inbox,
    async (ask) => {
      const { json } = await ask(`/queues/${inbox.queue.name}/drain`, { token: TOKENS.drain });
      expect(json.errors).toMatchObject([{ outcome: "retry", error: "Error: no stock" }]);
    },
    { showErrors: true },
  );
});

test("an error that nobody foresaw keeps its text", async () => {
  const inbox = tcpWork();
  const told: unknown[] = [];
  const queue = { ...inbox.queue, depth: () => Promise.reject(new Error("hush")) };
  const broken = { ...inbox, queue, queues: [queue] };
  await servingQueues(
    broken,
    async (ask) => {
      const reply = await ask("/health", { token: TOKENS.health });
      expect([reply.status, reply.json.error.code]).toEqual([500, "internal_error"]);
      expect(reply.text).not.toContain("hush");
      expect(String(told[0])).toBe("Error: hush");
    },
    { onError: (error) => told.push(error) },
  );
});

test("to make an app asks nobody and computes nothing", () => {
  const digest = vi.spyOn(crypto.subtle, "digest");
  const request = vi.spyOn(globalThis, "fetch");
  const store = upstash({ url: "http://127.0.0.1:1", token: "x" });
  httpApp({ queues: work(createQueue({ name: "inbox", store }), () => {}), tokens: ACCESS });
  expect(digest).not.toHaveBeenCalled();
  expect(request).not.toHaveBeenCalled();
});
