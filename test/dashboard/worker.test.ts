import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createTestHarness } from "wrangler";
import { startGateway, TOKEN } from "../gateway/support.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
import { ADMIN, fill } from "./support.ts";

test("a Worker serves the dashboard: signing in, reading, pausing", async () => {
  const gateway = await startGateway();
  const stream = uniqueName("inbox");
  const queue = tcpQueue<unknown>({ name: "inbox", stream });
  await fill(queue);
  const vars = {
    INBOX_STREAM: stream,
    UPSTASH_REDIS_REST_URL: gateway.url,
    UPSTASH_REDIS_REST_TOKEN: TOKEN,
    DASHBOARD_TOKEN: ADMIN,
  };
  const main = fileURLToPath(new URL("../../functions/worker/dashboard.ts", import.meta.url));
  const config = { name: "pages", main, compatibility_date: "2026-09-01", vars };
  const root = mkdtempSync(join(tmpdir(), "xdrain-pages-"));
  const harness = createTestHarness({ root, workers: [{ config }] });
  onTestFinished(async () => {
    await harness.close();
    await gateway.close();
    rmSync(root, { recursive: true, force: true });
  });
  await harness.listen();

  const worker = harness.getWorker("pages");
  const origin = "http://dashboard.example";
  const ask = (path: string, cookie: string, form?: Record<string, string>) =>
    worker.fetch(`${origin}/dashboard${path}`, {
      redirect: "manual",
      headers: { cookie, origin },
      ...(form && { method: "POST", body: new URLSearchParams(form) }),
    });
  const signedIn = await ask("/sign-in", "", { token: ADMIN });
  expect(signedIn.status).toBe(303);
  const cookie = signedIn.headers.get("set-cookie")?.split(";")[0] ?? "";
  const page = await (await ask(`/queues/${queue.name}`, cookie)).text();
  expect(page).toContain(`<h1>${queue.name}`);
  const proof = /name="proof" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const paused = await ask(`/queues/${queue.name}/pause`, cookie, { proof });
  expect(paused.status).toBe(303);
  expect((await queue.stats()).paused).toBe(true);
});
