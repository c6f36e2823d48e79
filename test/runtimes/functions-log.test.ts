import { expect, inject, onTestFinished, test, vi } from "vitest";
import { closeStore } from "../../functions/http/store.ts";
import { inboxQueue } from "../../functions/inbox/queue.ts";
import { handler } from "../../functions/lambda/index.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { contextWith, httpEvent, RULE } from "./lambda-events.ts";

// What the function on AWS writes where CloudWatch makes metrics of its log.

const XDRAIN_TOKEN = "token-that-may-drain";

/** The function's environment, a queue with one message that fails, and the lines that it writes. */
async function loggedFunction() {
  const stream = uniqueName("inbox");
  const env = {
    REDIS_URL: inject("redisUrl"),
    INBOX_STREAM: stream,
    INBOX_FAULTS: "always=d-bad",
    METRICS_NAMESPACE: "xdrain/test",
    XDRAIN_TOKEN,
    WEBHOOK_SECRET: "secret-of-the-webhook",
    IS_OFFLINE: "",
    UPSTASH_REDIS_REST_URL: "",
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const lines: Record<string, unknown>[] = [];
  const take = (line: unknown) => lines.push(JSON.parse(String(line)));
  for (const level of ["log", "info", "warn", "error"] as const) {
    vi.spyOn(console, level).mockImplementation(take);
  }
  vi.spyOn(process.stdout, "write").mockImplementation((text) => take(text) > 0);
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    closeStore();
  });
  const queue = inboxQueue(tcpStore(), { stream });
  const payload = { event: "push", delivery: "d-bad", payload: {} };
  const { id } = await queue.send(payload);
  return { id, lines };
}

test.each([
  ["a tick", RULE],
  [
    "a request to drain",
    httpEvent("POST", "/queues/inbox/drain", {
      headers: { authorization: `Bearer ${XDRAIN_TOKEN}` },
    }),
  ],
])("a pass of %s is metrics, and each failure a line that says why", async (_, event) => {
  const { id, lines } = await loggedFunction();
  await handler(event, contextWith(60_000));
  vi.restoreAllMocks();
  expect(lines).toContainEqual(expect.objectContaining({ Queue: "inbox", Passes: 1 }));
  const failures = lines.filter((line) => line.id === id);
  expect(failures).toEqual([
    expect.objectContaining({
      queue: "inbox",
      outcome: "retry",
      error: { type: "Error", text: "This delivery always fails, as planned." },
    }),
  ]);
});
