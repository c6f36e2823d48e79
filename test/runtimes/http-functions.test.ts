import { type ChildProcess, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { inboxQueue } from "../../functions/inbox/queue.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { askAt } from "./support.ts";

// functions/http as a process of its own, with Redis over TCP.

const XDRAIN_TOKEN = "token-that-may-drain";
const WEBHOOK_SECRET = "secret-of-the-webhook";
const stream = uniqueName("inbox");
let child: ChildProcess;
let url: string;
let lines: AsyncIterator<string>;

async function nextLog(): Promise<Record<string, unknown>> {
  const { value } = await lines.next();
  return JSON.parse(value);
}

beforeAll(async () => {
  const { UPSTASH_REDIS_REST_URL: _, ...env } = process.env;
  child = spawn(process.execPath, ["functions/http/main.ts"], {
    env: {
      ...env,
      PORT: "0",
      REDIS_URL: inject("redisUrl"),
      INBOX_STREAM: stream,
      XDRAIN_TOKEN,
      WEBHOOK_SECRET,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout === null) throw new Error("Expected a pipe.");
  lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  url = `http://127.0.0.1:${(await nextLog()).port}`;
});

afterAll(() => {
  child.kill("SIGKILL");
});

function webhook(body: string, signature: string) {
  return askAt(url, "/webhooks", {
    raw: body,
    headers: {
      "x-hub-signature-256": `sha256=${signature}`,
      "x-github-event": "issues",
      "x-github-delivery": "d-1",
    },
  });
}

test("a webhook is accepted once, drained once, and told in the log", async () => {
  const body = JSON.stringify({ action: "opened" });
  const signature = createHmac("sha256", WEBHOOK_SECRET).update(body).digest("hex");
  expect((await webhook(body, "0".repeat(64))).status).toBe(401);
  expect((await webhook(body, signature)).status).toBe(202);
  const drain = () => askAt(url, "/queues/inbox/drain", { token: XDRAIN_TOKEN });
  expect((await drain()).json).toMatchObject({ completed: 1 });
  expect(await nextLog()).toMatchObject({
    message: "pass",
    queue: "inbox-urgent,inbox",
    completed: 1,
  });
  expect((await webhook(body, signature)).status).toBe(202);
  expect((await drain()).json).toMatchObject({ completed: 0, duplicates: 1 });
  const health = await askAt(url, "/health", { token: XDRAIN_TOKEN });
  expect(health.json.queues).toMatchObject([
    { queue: "inbox-urgent" },
    { queue: "inbox", depth: { entries: 0, dead: 0 } },
  ]);
});

test("the token of the drains may not send", async () => {
  const body = { payload: 1 };
  const reply = await askAt(url, "/queues/inbox/messages", { token: XDRAIN_TOKEN, body });
  expect(reply.status).toBe(403);
  const queue = inboxQueue(tcpStore(), { stream });
  expect(await queue.depth()).toMatchObject({ entries: 0 });
});

test("it ends by itself when it is told to", async () => {
  const exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
});
