import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createTestHarness } from "wrangler";
import { inboxQueue } from "../../functions/inbox/queue.ts";
import { freePort } from "../../scripts/local-redis.ts";
import { type GatewayServer, serveGateway } from "../../src/gateway/index.ts";
import { KEYS } from "../signing/keys.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { serving } from "./support.ts";

// The Worker of functions/worker, built as it is deployed, in workerd; Redis behind a REST front.

const STORE_TOKEN = "token-of-the-rest-front";
const XDRAIN_TOKEN = "token-that-may-drain";
const WEBHOOK_SECRET = "secret-of-the-webhook";
const MINUTELY = "* * * * *";
const NIGHTLY = "30 3 * * *";

const folder = mkdtempSync(join(tmpdir(), "xdrain-worker-"));
let gateway: GatewayServer;
let harness: ReturnType<typeof createTestHarness>;

beforeAll(async () => {
  const wrangler = ["node_modules/wrangler/bin/wrangler.js", "deploy", "--dry-run"];
  const build = promisify(execFile)(process.execPath, [...wrangler, "--outdir", folder], {
    env: { ...process.env, WRANGLER_SEND_METRICS: "false" },
  });
  gateway = await serveGateway({ redis: inject("redisUrl"), token: STORE_TOKEN });
  await build;
  harness = createTestHarness({ workers: [workerWith({})] });
  await harness.listen();
}, 120_000);

afterAll(async () => {
  await harness?.close();
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

type Vars = Readonly<Record<string, string | object>>;
type Secrets = Readonly<Record<string, string>>;

function workerWith(vars: Vars, secrets: Secrets = {}) {
  return {
    configPath: "wrangler.toml",
    prebuiltWorkerDir: folder,
    vars: { UPSTASH_REDIS_REST_URL: gateway.url, ...vars } as Record<string, string>,
    secrets: { UPSTASH_REDIS_REST_TOKEN: STORE_TOKEN, WEBHOOK_SECRET, ...secrets },
  };
}

/**
 * Gives the Worker a stream of its own and other variables; returns that stream's queue. Without
 * a secret that proves who asks, it kicks nobody.
 */
async function configure(vars: Vars = {}, secrets: Secrets = {}) {
  const stream = uniqueName("inbox");
  await harness.update({ workers: [workerWith({ INBOX_STREAM: stream, ...vars }, secrets)] });
  harness.clearLogs();
  return inboxQueue(tcpStore(), { stream });
}

/** The reports that the Worker logged. */
function reports(): unknown[] {
  return harness
    .getLogs()
    .filter(({ message }) => message.startsWith("{"))
    .map(({ message }) => JSON.parse(message));
}

const delivery = (n: number) => ({ event: "push", delivery: `d-${n}`, payload: { n } });
const deliveries = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ payload: delivery(n) }));

test("the cron that fired decides the limits of its pass", async () => {
  const queue = await configure({
    PASSES: { [MINUTELY]: { maxMessages: 3 }, [NIGHTLY]: { maxMessages: 5 } },
  });
  await queue.sendBatch(deliveries(10));
  const worker = harness.getWorker();
  expect(await worker.scheduled({ cron: MINUTELY })).toMatchObject({ outcome: "ok" });
  expect(await worker.scheduled({ cron: NIGHTLY })).toMatchObject({ outcome: "ok" });
  expect(reports()).toMatchObject([
    { queue: "inbox-urgent,inbox", stopped: "messages", completed: 3 },
    { queue: "inbox-urgent,inbox", stopped: "messages", completed: 5 },
  ]);
  expect(await queue.depth()).toMatchObject({ entries: 2, inFlight: 0 });
});

test("with the limits of wrangler.toml a pass stays within the free plan's subrequests", async () => {
  const queue = await configure();
  await queue.sendBatch(deliveries(120));
  expect(await harness.getWorker().scheduled({ cron: MINUTELY })).toMatchObject({ outcome: "ok" });
  const [report] = reports() as { completed: number; requests: number }[];
  expect(report).toMatchObject({ completed: 50, stopped: "messages", more: true });
  expect(report?.requests).toBeLessThanOrEqual(45);
});

function sendWebhook() {
  const body = JSON.stringify({ action: "opened" });
  const signature = createHmac("sha256", WEBHOOK_SECRET).update(body).digest("hex");
  return harness.fetch("/webhooks", {
    method: "POST",
    body,
    headers: {
      "x-hub-signature-256": `sha256=${signature}`,
      "x-github-event": "issues",
      "x-github-delivery": "d-1",
    },
  });
}

test("a webhook is accepted over HTTP, and the Worker asks itself to drain it at once", async () => {
  const queue = await configure({}, { SIGNING_KEY: KEYS.current });
  expect((await sendWebhook()).status).toBe(202);
  await expect.poll(async () => (await queue.depth()).entries, { timeout: 20_000 }).toBe(0);
  await expect.poll(reports, { timeout: 20_000 }).toMatchObject([{ completed: 1 }]);
});

test("a pass that leaves a backlog asks for the next, within the limits of a request", async () => {
  const PASSES = { [MINUTELY]: { maxMessages: 3 }, request: { maxMessages: 4 } };
  const queue = await configure({ PASSES }, { XDRAIN_TOKEN });
  await queue.sendBatch(deliveries(10));
  expect(await harness.getWorker().scheduled({ cron: MINUTELY })).toMatchObject({ outcome: "ok" });
  await expect.poll(reports, { timeout: 20_000 }).toMatchObject([
    { completed: 3, continued: true },
    { completed: 4, continued: true },
    { completed: 3, continued: false },
  ]);
  expect(await queue.depth()).toMatchObject({ entries: 0 });
});

test("whoever has the token drains over HTTP, and nobody else", async () => {
  const queue = await configure({}, { XDRAIN_TOKEN });
  await queue.sendBatch(deliveries(1));
  const drained = await harness.fetch("/queues/inbox/drain", {
    method: "POST",
    headers: { authorization: `Bearer ${XDRAIN_TOKEN}` },
  });
  expect(drained.status).toBe(200);
  expect(await drained.json()).toMatchObject({ completed: 1, stopped: "empty" });
  expect((await harness.fetch("/queues/inbox/drain")).status).toBe(401);
});

test("a store that is down makes the cron fail, and a request a 503", async () => {
  const UPSTASH_REDIS_REST_URL = `http://127.0.0.1:${await freePort()}`;
  await configure({ UPSTASH_REDIS_REST_URL }, { XDRAIN_TOKEN });
  expect(await harness.getWorker().scheduled({ cron: MINUTELY })).toMatchObject({
    outcome: "exception",
  });
  const drained = await harness.fetch("/queues/inbox/drain", {
    headers: { authorization: `Bearer ${XDRAIN_TOKEN}` },
  });
  expect(drained.status).toBe(503);
  expect(await drained.json()).toMatchObject({ error: { code: "store_unavailable" } });
});

test("a store that fails in the middle makes no cron fail: the report says so", async () => {
  let requests = 0;
  const failing = async (request: Request) => {
    requests += 1;
    if (requests > 2) return new Response("<h1>Bad gateway</h1>", { status: 502 });
    const { pathname } = new URL(request.url);
    const { method, headers } = request;
    return fetch(`${gateway.url}${pathname}`, { method, headers, body: await request.text() });
  };
  await serving(failing, async (_, url) => {
    // Three batches, of which the third at the latest meets the failure.
    const queue = await configure({
      UPSTASH_REDIS_REST_URL: url,
      PASSES: { [NIGHTLY]: { batch: 10 } },
    });
    await queue.sendBatch(deliveries(30));
    const outcome = await harness.getWorker().scheduled({ cron: NIGHTLY });
    expect(outcome).toMatchObject({ outcome: "ok" });
    expect(reports()).toMatchObject([{ stopped: "store", error: { name: "StoreError" } }]);
    // What it had in hand comes again when its lease is over.
    expect((await queue.depth()).inFlight).toBeGreaterThan(0);
  });
});

test("the Worker holds neither the AWS SDK nor ioredis, and imports no module of Node", () => {
  const files = readdirSync(folder).filter((name) => name.endsWith(".js"));
  expect(files).toEqual(["index.js"]);
  const bundle = readFileSync(join(folder, "index.js"), "utf8");
  const { sources } = JSON.parse(readFileSync(join(folder, "index.js.map"), "utf8"));
  expect(sources.some((path: string) => path.includes("functions/worker/index.ts"))).toBe(true);
  for (const name of ["@aws-sdk", "@smithy", "ioredis", "aws-lambda", "runtimes/lambda"]) {
    expect(
      sources.filter((path: string) => path.includes(`${name}/`) || path.includes(`${name}.`)),
    ).toEqual([]);
  }
  expect(bundle.match(/(?:\bfrom|\bimport|\brequire\()\s*\(?"(?:node:)?[a-z_/]+"/g) ?? []).toEqual(
    [],
  );
});
