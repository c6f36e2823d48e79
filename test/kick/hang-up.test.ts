import { expect, test } from "vitest";
import type { DrainReport } from "../../src/index.ts";
import { httpKick, type KickRequest } from "../../src/kick/index.ts";
import { httpApp } from "../../src/runtimes/http/index.ts";
import { type HttpResult, lambda } from "../../src/runtimes/lambda/index.ts";
import { signed } from "../../src/signing/index.ts";
import { httpEvent } from "../runtimes/lambda-events.ts";
import { serving, tcpWork } from "../runtimes/support.ts";
import { KEYS } from "../signing/keys.ts";
import { gate, listening } from "./support.ts";

// Who drains may answer after its pass alone. The sender does not wait for that, and the pass goes on.

const callers = [signed({ keys: [KEYS.current], scopes: ["drain"] })];

/** A queue whose handler waits until a test lets it go on. */
function slowInbox() {
  const begun = gate();
  const going = gate();
  const handled: unknown[] = [];
  const work = tcpWork(async ({ payload }) => {
    begun.open();
    await going.opened;
    handled.push(payload);
  });
  return { work, queue: work.queue, handled, begun: begun.opened, goOn: going.open };
}

test("a server's slow pass does not hold up the sender, and goes on when that hangs up", async () => {
  const { work, queue, handled, begun, goOn } = slowInbox();
  const reports: DrainReport[] = [];
  const told = gate();
  const app = httpApp({
    queues: work,
    callers,
    onReport: (report) => {
      reports.push(report);
      told.open();
    },
  });
  const hungUp = gate();
  let requests = 0;
  await serving(
    (request) => {
      requests += 1;
      request.signal.addEventListener("abort", hungUp.open);
      return app.fetch(request);
    },
    async (_, url) => {
      await queue.send("one");
      await httpKick({ url, key: KEYS.current })({ queue: queue.name, depth: 0 });
      await begun;
      await hungUp.opened;
      expect([handled, requests]).toEqual([[], 1]);
      goOn();
      await told.opened;
      expect([handled, requests]).toEqual([["one"], 1]);
      expect(reports).toMatchObject([{ completed: 1, stopped: "empty" }]);
    },
  );
});

/** A Function URL: it invokes the function and answers with what that returns, to whoever is there still. */
async function functionUrl(handler: ReturnType<typeof lambda>) {
  const results: Promise<HttpResult>[] = [];
  const hungUp = gate();
  const host = await listening(async (request, response) => {
    response.once("close", () => {
      if (!response.writableFinished) hungUp.open();
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const given = httpEvent(request.method ?? "", request.url ?? "", {
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString("base64"),
      isBase64Encoded: true,
    });
    const result = handler(given, { getRemainingTimeInMillis: () => 30_000 });
    results.push(result);
    const { statusCode, headers, body } = await result;
    response.writeHead(statusCode, headers).end(body);
  });
  return { url: `http://${host}`, results, hungUp: hungUp.opened };
}

test("a Function URL answers after its pass, which runs to its end although the sender hung up", async () => {
  const { work, queue, handled, begun, goOn } = slowInbox();
  const handler = lambda({
    queues: () => work,
    fetch: (request, limits) => httpApp({ queues: work, callers, limits }).fetch(request),
  });
  const { url, results, hungUp } = await functionUrl(handler);
  await queue.send("one");
  await httpKick({ url, key: KEYS.current })({ queue: queue.name, depth: 0 });
  await begun;
  await hungUp;
  expect([handled, results.length]).toEqual([[], 1]);
  goOn();
  // Lambda freezes a function that has answered: the answer comes when the work is done.
  expect(await results[0]).toMatchObject({ statusCode: 200 });
  expect(handled).toEqual(["one"]);
});

test("a Function URL that refuses the key says so, and its function makes no pass", async () => {
  const { work, queue, handled } = slowInbox();
  const handler = lambda({
    queues: () => work,
    fetch: (request, limits) => httpApp({ queues: work, callers, limits }).fetch(request),
  });
  const { url, results } = await functionUrl(handler);
  await queue.send("one");
  const kick = httpKick({ url, key: KEYS.other, timeout: "10 s" });
  const request: KickRequest = { queue: queue.name, depth: 0 };
  await expect(kick(request)).rejects.toMatchObject({ code: "denied" });
  expect([results.length, handled]).toEqual([1, []]);
});
