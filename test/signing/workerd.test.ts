import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestHarness } from "wrangler";
import { signRequest } from "../../src/signing/index.ts";
import { QSTASH_KEYS } from "../qstash/keys.ts";
import { tokenFor } from "../qstash/support.ts";
import { KEYS } from "./keys.ts";

// Signing and verifying in workerd, Cloudflare's own runtime, which has WebCrypto and no Node.

const folder = mkdtempSync(join(tmpdir(), "xdrain-signing-"));
const compatibility_date = "2026-09-01";
const harness = createTestHarness({
  root: folder,
  workers: [
    {
      config: {
        name: "kick",
        main: fileURLToPath(new URL("./kick.worker.ts", import.meta.url)),
        compatibility_date,
        services: [{ binding: "APP", service: "app" }],
      },
    },
    {
      config: {
        name: "app",
        main: fileURLToPath(new URL("./app.worker.ts", import.meta.url)),
        compatibility_date,
      },
    },
  ],
});

beforeAll(() => harness.listen(), 120_000);

afterAll(async () => {
  await harness.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Asks the Worker with the queues for a pass. */
async function drain(headers: Record<string, string>): Promise<number> {
  const app = harness.getWorker("app");
  const response = await app.fetch("http://app/queues/orders/drain", { method: "POST", headers });
  await response.text();
  return response.status;
}

test("a Worker signs what it asks of another over a service binding: once, and for one body", async () => {
  const kick = async (key: string) => {
    const response = await harness.getWorker("kick").fetch(`http://kick/?key=${key}`);
    return response.json();
  };
  expect(await kick(KEYS.current)).toEqual([200, 401, 401]);
  expect(await kick(KEYS.previous)).toEqual([200, 401, 401]);
  expect(await kick(KEYS.other)).toEqual([401, 401, 401]);
});

test("what Node signs, workerd verifies", async () => {
  const url = "http://app/queues/orders/drain";
  const headers = await signRequest(KEYS.current, { url });
  expect([await drain(headers), await drain(headers)]).toEqual([200, 401]);
});

test("QStash and the cron of Vercel are verified in workerd too", async () => {
  const seconds = Math.floor(Date.now() / 1_000);
  const claims = { nbf: seconds, iat: seconds, exp: seconds + 300 };
  const token = (key: string) => tokenFor("http://app/queues/orders/drain", { key, claims });
  expect(await drain({ "upstash-signature": await token(QSTASH_KEYS.next) })).toBe(200);
  expect(await drain({ "upstash-signature": await token(QSTASH_KEYS.other) })).toBe(401);
  expect(await drain({ authorization: "Bearer the-secret-of-the-cron" })).toBe(200);
  expect(await drain({ authorization: "Bearer the-secret-of-the-crom" })).toBe(401);
});
