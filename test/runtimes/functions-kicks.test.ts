import { createHmac } from "node:crypto";
import { expect, inject, onTestFinished, test, vi } from "vitest";
import { type InboxEnv, inboxApp } from "../../functions/http/app.ts";
import { keepGoing } from "../../functions/http/passes.ts";
import { kickFrom, type PlatformEnv } from "../../functions/http/platforms.ts";
import { inboxQueue } from "../../functions/inbox/queue.ts";
import type { DrainReport } from "../../src/index.ts";
import { lambdaDouble } from "../kick/lambda-double.ts";
import { KEYS } from "../signing/keys.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { contextWith, httpEvent } from "./lambda-events.ts";
import { askAt, serving } from "./support.ts";

// A webhook does not wait for the next tick, and a backlog does not wait for many.

const WEBHOOK_SECRET = "secret-of-the-webhook";
const BODY = JSON.stringify({ action: "opened" });

function webhookHeaders(delivery = "d-1") {
  const mac = createHmac("sha256", WEBHOOK_SECRET).update(BODY).digest("hex");
  return {
    "x-hub-signature-256": `sha256=${mac}`,
    "x-github-event": "issues",
    "x-github-delivery": delivery,
  };
}

/** The lines that functions log, as they come. */
function logged() {
  const reports: DrainReport[] = [];
  vi.spyOn(console, "log").mockImplementation((line) => void reports.push(JSON.parse(line)));
  const errors = vi.spyOn(console, "error").mockReturnValue();
  onTestFinished(() => void vi.restoreAllMocks());
  return { reports, errors };
}

const deliveries = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    payload: { event: "push", delivery: `d-${n}`, payload: { n } },
  }));

/** The app at its own address; `use` gets its queue, and what waits until no pass goes on. */
async function servingInbox(
  given: InboxEnv & PlatformEnv,
  passes: { readonly maxMessages?: number },
  use: (it: {
    url: string;
    queue: ReturnType<typeof inboxQueue>;
    over: () => Promise<void>;
  }) => Promise<void>,
) {
  const store = tcpStore();
  onTestFinished(() => store.close());
  const stream = uniqueName("inbox");
  const { waitUntil, end } = keepGoing(60_000);
  let env: InboxEnv & PlatformEnv = { WEBHOOK_SECRET, INBOX_STREAM: stream, ...given };
  const answer = (request: Request) =>
    inboxApp(env, store, { kick: kickFrom(env), waitUntil, passes }).fetch(request);
  await serving(answer, async (_, url) => {
    env = { ...env, APP_URL: url };
    await use({ url, queue: inboxQueue(store, { stream }), over: () => end(Promise.resolve()) });
  });
}

test.each([
  ["signed", { SIGNING_KEY: KEYS.current }],
  ["with the token", { XDRAIN_TOKEN: "token-of-the-functions" }],
])("a webhook is drained without a tick, by a kick that is %s", async (_, env) => {
  const { reports, errors } = logged();
  await servingInbox(env, {}, async ({ url, queue, over }) => {
    const reply = await askAt(url, "/webhooks", { raw: BODY, headers: webhookHeaders() });
    expect(reply.status).toBe(202);
    await over();
    expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0 });
  });
  expect(reports).toMatchObject([{ message: "pass", completed: 1 }]);
  expect(errors).not.toHaveBeenCalled();
});

test("a pass that leaves a backlog asks for the next, until nothing is left", async () => {
  const { reports } = logged();
  await servingInbox({ SIGNING_KEY: KEYS.current }, { maxMessages: 3 }, async (it) => {
    await it.queue.sendBatch(deliveries(7));
    await kickFrom({ APP_URL: it.url, SIGNING_KEY: KEYS.current })?.({ queue: "inbox", depth: 0 });
    await it.over();
    expect(await it.queue.depth()).toMatchObject({ entries: 0, inFlight: 0 });
  });
  expect(reports.map(({ completed, continued }) => [completed, continued])).toEqual([
    [3, true],
    [3, true],
    [1, false],
  ]);
});

test("an app that does not know its address kicks nobody: webhooks wait for the tick", async () => {
  const { reports } = logged();
  const store = tcpStore();
  onTestFinished(() => store.close());
  const stream = uniqueName("inbox");
  const env = { WEBHOOK_SECRET, INBOX_STREAM: stream, SIGNING_KEY: KEYS.current };
  const app = inboxApp(env, store, { kick: kickFrom(env) });
  const init = { method: "POST", body: BODY, headers: webhookHeaders() };
  const reply = await app.fetch(new Request("http://inbox/webhooks", init));
  expect(reply.status).toBe(202);
  expect(await inboxQueue(store, { stream }).depth()).toMatchObject({ entries: 1 });
  expect(reports).toEqual([]);
});

test("an address without anything to prove who kicks is a mistake", () => {
  expect(() => kickFrom({ APP_URL: "https://app.example.com" })).toThrow("`key` or `token`");
});

test("behind a Function URL the webhook invokes the function that drains, and so does a backlog", async () => {
  const { reports, errors } = logged();
  const stream = uniqueName("inbox");
  const double = await lambdaDouble();
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_LAMBDA: double.url,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret-access-key",
    UPSTASH_REDIS_REST_URL: "",
    REDIS_URL: inject("redisUrl"),
    INBOX_STREAM: stream,
    WEBHOOK_SECRET,
    XDRAIN_TOKEN: "token-of-the-functions",
    DRAIN_FUNCTION: "inbox-drain",
  })) {
    vi.stubEnv(name, value);
  }
  onTestFinished(() => void vi.unstubAllEnvs());
  const { handler } = await import("../../functions/lambda/index.ts");
  double.functions.set("inbox-drain", (event) => handler(event, contextWith(60_000)));

  const event = httpEvent("POST", "/webhooks", { body: BODY, headers: webhookHeaders() });
  expect(await handler(event, contextWith(30_000))).toMatchObject({ statusCode: 202 });
  await double.idle();
  expect(double.invocations).toMatchObject([
    { name: "inbox-drain", payload: { queue: "inbox", depth: 0 }, failed: false },
  ]);
  expect(reports).toMatchObject([{ completed: 1 }]);

  await inboxQueue(tcpStore(), { stream }).sendBatch(deliveries(5));
  await handler({ queue: "inbox", maxMessages: 4 }, contextWith(60_000));
  await double.idle();
  expect(double.invocations).toMatchObject([{}, { payload: { queue: "inbox-urgent", depth: 1 } }]);
  expect(reports.slice(1)).toMatchObject([{ completed: 4, continued: true }, { completed: 1 }]);
  expect(errors).not.toHaveBeenCalled();
});

test("a Lambda on somebody's own machine invokes nothing of AWS", async () => {
  const { kickFrom } = await import("../../functions/lambda/kick.ts");
  expect(kickFrom({ DRAIN_FUNCTION: "inbox-drain", IS_OFFLINE: "true" })).toBeUndefined();
  expect(kickFrom({ DRAIN_FUNCTION: "" })).toBeUndefined();
});
