import { expect, test } from "vitest";
import { signRequest } from "../../src/signing/index.ts";
import { QSTASH_KEYS } from "../qstash/keys.ts";
import { tokenFor } from "../qstash/support.ts";
import { serveTwoWorkers } from "../support/two-workers.ts";
import { KEYS } from "./keys.ts";

// Signing and verifying in workerd, Cloudflare's own runtime, which has WebCrypto and no Node.

const harness = serveTwoWorkers(
  "kick",
  new URL("./kick.worker.ts", import.meta.url),
  new URL("./app.worker.ts", import.meta.url),
);

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
