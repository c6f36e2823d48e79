import fc from "fast-check";
import { Hono } from "hono";
import { expect, test } from "vitest";
import { XdrainError } from "../../src/index.ts";
import { lambda } from "../../src/runtimes/lambda/index.ts";
import { contextWith, httpEvent } from "../runtimes/lambda-events.ts";
import { tcpWork } from "../runtimes/support.ts";
import { CANARY, corpus, effort, expectCleanPrototypes, json, text } from "./support.ts";

test("an event of any kind is answered, drained, or refused with an error of ours", async () => {
  const inbox = tcpWork();
  const app = new Hono();
  app.all("*", (context) => context.text("hello"));
  const handler = lambda({ queues: () => [inbox], fetch: (request) => app.fetch(request) });
  const attempt = async (event: unknown) => {
    try {
      const result = await handler(event, contextWith(2_000));
      expect(JSON.stringify(result)).not.toContain(CANARY);
    } catch (error) {
      expect(error, String(error)).toBeInstanceOf(XdrainError);
    }
    expectCleanPrototypes();
  };
  for (const event of corpus<unknown>("events")) await attempt(event);
  // Events of API Gateway with one place changed, and anything at all.
  const changed = fc
    .tuple(
      fc.constantFrom("headers", "rawPath", "rawQueryString", "body", "requestContext", "version"),
      json,
    )
    .map(([name, value]) => ({ ...httpEvent("POST", "/x"), [name]: value }));
  const odd = fc.tuple(text, text).map(([path, body]) => httpEvent("POST", path, { body }));
  await fc.assert(fc.asyncProperty(fc.oneof(changed, odd, json), attempt), effort(250));
});
