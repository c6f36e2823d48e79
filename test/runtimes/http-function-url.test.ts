import { expect, test } from "vitest";
import { type HttpOptions, httpApp } from "../../src/runtimes/http/index.ts";
import { lambda, type Work } from "../../src/runtimes/lambda/index.ts";
import { type RequestToSign, signRequest } from "../../src/signing/index.ts";
import { drainer, KEYS, NOW, sender } from "../signing/support.ts";
import { httpEvent } from "./lambda-events.ts";
import { tcpWork } from "./support.ts";

const HOST = "https://id.lambda-url.eu-central-1.on.aws";
const context = { getRemainingTimeInMillis: () => 30_000 };

/** A Lambda function with a Function URL whose requests are signed. */
function functionOf(inbox: Work, callers: NonNullable<HttpOptions["callers"]>) {
  const handler = lambda({
    queues: () => inbox,
    fetch: (request, limits) => httpApp({ queues: inbox, callers, limits }).fetch(request),
  });
  return async (path: string, request: Partial<RequestToSign>, event: object = {}) => {
    const url = `${HOST}${path}`;
    const signature = await signRequest(KEYS.current, { url, now: NOW, ...request });
    const headers = { ...signature, "content-type": "application/json" };
    const [rawPath = "", rawQueryString = ""] = path.split("?");
    const { method = "POST", body } = request;
    const given = httpEvent(method, rawPath, {
      headers,
      rawQueryString,
      ...(typeof body === "string" ? { body } : {}),
      ...event,
    });
    return (await handler(given, context)).statusCode;
  };
}

test("a Function URL takes signed requests, their bodies as text and as base64", async () => {
  const inbox = tcpWork();
  const ask = functionOf(inbox, [sender()]);
  const path = `/queues/${inbox.queue.name}/messages`;
  const body = JSON.stringify({ payload: "grüße" });
  const encoded = { body: Buffer.from(body).toString("base64"), isBase64Encoded: true };
  expect(await ask(path, { body })).toBe(202);
  expect(await ask(path, { body }, encoded)).toBe(202);
  expect(await ask(path, { body }, { body: `${body} ` })).toBe(401);
  expect(await inbox.queue.depth()).toMatchObject({ entries: 2 });
});

test("a Function URL verifies the path and the query that it was asked for", async () => {
  const inbox = tcpWork();
  const ask = functionOf(inbox, [drainer()]);
  const path = `/queues/${inbox.queue.name}/drain`;
  expect(await ask(path, {})).toBe(200);
  expect(await ask(`${path}?from=kick&n=1`, {})).toBe(200);
  expect(await ask(path, { method: "GET" })).toBe(200);
  expect(await ask(path, { url: `${HOST}${path}?from=kick` })).toBe(401);
  expect(await ask(path, { url: `${HOST}/queues/other/drain` })).toBe(401);
  expect(await ask(path, { now: NOW - 301_000 })).toBe(401);
});
