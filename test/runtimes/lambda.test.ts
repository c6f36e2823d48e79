import { Hono } from "hono";
import { expect, test } from "vitest";
import { findRedisServer, freePort, startRedis } from "../../scripts/local-redis.ts";
import { createQueue, type DrainReport, OptionError } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { httpApp, type InvocationLimits } from "../../src/runtimes/http/index.ts";
import { passTime } from "../../src/runtimes/lambda/handler.ts";
import { toRequest, toResult } from "../../src/runtimes/lambda/http-event.ts";
import { lambda, type Work, work } from "../../src/runtimes/lambda/index.ts";
import { serverTest } from "../support/redis.ts";
import { contextWith, httpEvent, RULE, SCHEDULE_WITHOUT_INPUT } from "./lambda-events.ts";
import { ACCESS, TOKENS, tcpWork } from "./support.ts";

const context = contextWith(30_000);

async function filledWorks(): Promise<readonly [Work, Work]> {
  const works = [tcpWork(), tcpWork()] as const;
  for (const { queue } of works) {
    await queue.sendBatch(Array.from({ length: 4 }, (_, n) => ({ payload: n })));
  }
  return works;
}

test("a schedule without an input, a rule and a bare invocation drain all queues", async () => {
  for (const event of [SCHEDULE_WITHOUT_INPUT, RULE, {}, null, undefined]) {
    const [one, two] = await filledWorks();
    const handler = lambda({ queues: () => [one, two] });
    expect(await handler(event, context)).toMatchObject({
      reports: [
        { queue: one.queue.name, completed: 4, stopped: "empty" },
        { queue: two.queue.name, completed: 4, stopped: "empty" },
      ],
    });
  }
});

test("an explicit input names the queue and narrows its limits", async () => {
  const [one, two] = await filledWorks();
  const handler = lambda({ queues: () => [one, two] });
  const input = { queue: two.queue.name, maxMessages: 3 };
  expect(await handler(input, context)).toMatchObject({
    reports: [{ queue: two.queue.name, completed: 3, stopped: "messages" }],
  });
  expect(await one.queue.depth()).toMatchObject({ entries: 4 });
  expect(await handler({ maxMessages: 1 }, context)).toMatchObject({
    reports: [{ completed: 1 }, { completed: 1 }],
  });
});

test("what is returned is JSON, its dates as ISO texts", async () => {
  const inbox = tcpWork(() => {
    throw new Error("no");
  });
  await inbox.queue.send(1);
  const handler = lambda({ queues: () => inbox });
  const { reports } = JSON.parse(JSON.stringify(await handler({}, context)));
  expect(reports[0].retried).toBe(1);
  expect(new Date(reports[0].nextDueAt).toISOString()).toBe(reports[0].nextDueAt);
});

test("inputs that are none, unknown queues and wrong limits make the invocation fail", async () => {
  const inbox = tcpWork();
  const handler = lambda({ queues: () => inbox });
  const inputs = ["drain", 7, [], { queue: 7 }, { queue: "other" }, { maxMessages: 0 }];
  const foreign = [{ Records: [] }, { httpMethod: "GET", path: "/" }];
  for (const event of [...inputs, ...foreign]) {
    await expect(handler(event, context), JSON.stringify(event)).rejects.toThrow(OptionError);
  }
});

test("after the passes of a tick all their reports are told once, and what it throws is ignored", async () => {
  const [one, two] = await filledWorks();
  const told: (readonly DrainReport[])[] = [];
  const handler = lambda({
    queues: () => [one, two],
    afterPasses: async (reports) => {
      told.push(reports);
      throw new Error("no");
    },
  });
  const result = await handler({}, context);
  expect(told).toEqual([result.reports]);
  expect(told[0]).toMatchObject([{ completed: 4 }, { completed: 4 }]);
});

test("queues are made in every invocation and see the event", async () => {
  const seen: unknown[] = [];
  const inbox = tcpWork();
  const handler = lambda({
    queues: (event) => {
      seen.push(event);
      return inbox;
    },
  });
  await handler(RULE, context);
  await handler({ maxMessages: 5 }, context);
  expect(seen).toEqual([RULE, { maxMessages: 5 }]);
});

test("of the remaining time a tenth stays, and at least a second", () => {
  expect([900_000, 60_000, 10_000, 3_000, 1_000, 200, 0].map(passTime)).toEqual([
    810_000, 54_000, 9_000, 2_000, 0, 0, 0,
  ]);
});

test("passes and requests end by the remaining time", async () => {
  const before = Date.now();
  let given: InvocationLimits = {};
  const deadlines: number[] = [];
  const inbox = tcpWork((_, { deadline }) => deadlines.push(deadline.getTime()));
  await inbox.queue.send(1);
  const handler = lambda({
    queues: () => inbox,
    fetch: (_, limits) => {
      given = limits;
      return new Response();
    },
  });
  await handler({}, contextWith(600_000));
  await handler(httpEvent("GET", "/"), contextWith(5_000));
  const after = Date.now();
  for (const [time, most] of [
    [deadlines[0], 540_000],
    [given.deadline?.getTime(), 4_000],
  ] as const) {
    expect(time).toBeGreaterThanOrEqual(before + most);
    expect(time).toBeLessThanOrEqual(after + most);
  }
});

test("with no time left nothing is claimed and nothing is lost", async () => {
  const [inbox] = await filledWorks();
  const handler = lambda({ queues: () => inbox });
  const result = await handler({}, contextWith(900));
  expect(result).toMatchObject({ reports: [{ stopped: "deadline", claimed: 0 }] });
  expect(await inbox.queue.depth()).toMatchObject({ entries: 4, inFlight: 0 });
});

test("a store that is down makes the invocation fail", async () => {
  const store = ioredis({ url: `redis://127.0.0.1:${await freePort()}`, attempts: 1 });
  const handler = lambda({ queues: () => tcpWork(() => {}, {}, { store }) });
  await expect(handler(SCHEDULE_WITHOUT_INPUT, context)).rejects.toMatchObject({
    name: "StoreError",
    code: "store_unavailable",
  });
});

serverTest("a store that fails in the middle gives the report of what was done", async () => {
  const redis = await startRedis(findRedisServer({ install: false }));
  const store = ioredis({ url: redis.url, attempts: 1 });
  const inbox = work(createQueue({ name: "inbox", store }), () => redis.stop());
  await inbox.queue.send("x");
  const result = await lambda({ queues: () => inbox })({}, context);
  expect(JSON.parse(JSON.stringify(result))).toMatchObject({
    reports: [{ stopped: "store", uncertain: 1, error: { code: "store_unavailable" } }],
  });
});

test("HTTP in payload format 2.0 goes through a Hono app and back", async () => {
  const app = new Hono();
  app.post("/echo/:name", async (context) => {
    const { req } = context;
    context.header("set-cookie", "a=1", { append: true });
    context.header("set-cookie", "b=2", { append: true });
    return context.json({
      name: req.param("name"),
      query: req.queries("q"),
      cookie: req.header("cookie"),
      custom: req.header("x-custom"),
      host: new URL(req.url).host,
      body: await req.text(),
    });
  });
  const handler = lambda({ queues: () => tcpWork(), fetch: (request) => app.fetch(request) });
  const given = {
    rawQueryString: "q=1&q=%C3%A4",
    cookies: ["x=1", "y=2"],
    headers: { "x-custom": "one,two" },
  };
  for (const body of [
    { body: "grüße" },
    { body: Buffer.from("grüße").toString("base64"), isBase64Encoded: true },
  ]) {
    const event = httpEvent("POST", "/echo/a%20b", { ...given, ...body });
    const result = await handler(event, context);
    expect(result).toMatchObject({ statusCode: 200, isBase64Encoded: false });
    expect(result.cookies).toEqual(["a=1", "b=2"]);
    expect(result.headers["set-cookie"]).toBeUndefined();
    expect(JSON.parse(result.body)).toEqual({
      name: "a b",
      query: ["1", "ä"],
      cookie: "x=1; y=2",
      custom: "one,two",
      host: "abc.lambda-url.eu-central-1.on.aws",
      body: "grüße",
    });
  }
});

test("bodies that are no text travel as base64, and empty ones as nothing", async () => {
  const bytes = new Uint8Array([0, 255, 128]);
  const binary = await toResult(new Response(bytes, { headers: { "content-type": "image/png" } }));
  expect(binary).toMatchObject({ isBase64Encoded: true, body: "AP+A" });
  const none = await toResult(new Response(null, { status: 204 }));
  expect(none).toMatchObject({ statusCode: 204, body: "" });
  const latin1 = await toResult(
    new Response(bytes, { headers: { "content-type": "text/plain; charset=latin1" } }),
  );
  expect(latin1.isBase64Encoded).toBe(true);
});

test("a body's length is that of its bytes, whatever was announced", () => {
  const request = toRequest(
    httpEvent("POST", "/", { body: "ä", headers: { "content-length": "999999999" } }),
  );
  expect(request?.headers.get("content-length")).toBe("2");
  expect(toRequest(httpEvent("GET", "/", { body: "x" }))?.body).toBeNull();
});

test("the queue's routes answer behind a Function URL", async () => {
  const inbox = tcpWork();
  const handler = lambda({
    queues: () => inbox,
    fetch: (request, limits) => httpApp({ queues: inbox, tokens: ACCESS, limits }).fetch(request),
  });
  const headers = { authorization: `Bearer ${TOKENS.all}`, "content-type": "application/json" };
  const path = `/queues/${inbox.queue.name}`;
  const body = JSON.stringify({ payload: 1 });
  const sent = await handler(httpEvent("POST", `${path}/messages`, { headers, body }), context);
  expect(sent).toMatchObject({ statusCode: 202 });
  const drained = await handler(httpEvent("POST", `${path}/drain`, { headers }), context);
  expect(JSON.parse(drained.body)).toMatchObject({ completed: 1 });
  expect(await handler(httpEvent("GET", "/health"), context)).toMatchObject({ statusCode: 401 });
});

test("an HTTP event for a function without a fetch fails, and says why", async () => {
  const handler = lambda({ queues: () => tcpWork() });
  await expect(handler(httpEvent("GET", "/"), context)).rejects.toThrow("`fetch`");
});
