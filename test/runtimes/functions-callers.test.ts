import { expect, test, vi } from "vitest";
import { inboxApp } from "../../functions/http/app.ts";
import type { CallerEnv } from "../../functions/http/callers.ts";
import { type PlatformEnv, platformsFrom } from "../../functions/http/platforms.ts";
import { OptionError } from "../../src/index.ts";
import { signRequest } from "../../src/signing/index.ts";
import { QSTASH_KEYS } from "../qstash/keys.ts";
import { tokenFor } from "../qstash/support.ts";
import { KEYS } from "../signing/keys.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";

// Who may call the deployed functions is what their environment says, and nobody else.

type Env = CallerEnv & PlatformEnv;

const ORIGIN = "https://app.example.com";
const TOKEN = "token-of-the-functions";
const CRON_SECRET = "secret-of-the-cron-jobs";
const QSTASH = {
  QSTASH_CURRENT_SIGNING_KEY: QSTASH_KEYS.current,
  QSTASH_NEXT_SIGNING_KEY: QSTASH_KEYS.next,
};
const ALL: Env = {
  XDRAIN_TOKEN: TOKEN,
  SIGNING_KEY: KEYS.current,
  PREVIOUS_SIGNING_KEY: KEYS.previous,
  CRON_SECRET,
  ...QSTASH,
};

function app(env: Env) {
  const own = { WEBHOOK_SECRET: "secret-of-the-webhook", INBOX_STREAM: uniqueName("inbox") };
  return inboxApp({ ...own, ...env }, tcpStore(), { callers: platformsFrom(env) });
}

const bearer = async (token: string) => ({ authorization: `Bearer ${token}` });
const signedWith = async (key: string, url: string, method: string) => ({
  ...(await signRequest(key, { url, method })),
});
const qstashFor = async (url: string, key: string) => {
  const seconds = Math.floor(Date.now() / 1_000);
  const claims = { exp: seconds + 300, nbf: seconds, iat: seconds };
  return { "upstash-signature": await tokenFor(url, { key, claims }) };
};

/** Each way to prove who calls, for a request. */
const PROOFS: Readonly<
  Record<string, (url: string, method: string) => Promise<Record<string, string>>>
> = {
  XDRAIN_TOKEN: () => bearer(TOKEN),
  CRON_SECRET: () => bearer(CRON_SECRET),
  SIGNING_KEY: (url, method) => signedWith(KEYS.current, url, method),
  PREVIOUS_SIGNING_KEY: (url, method) => signedWith(KEYS.previous, url, method),
  QSTASH_CURRENT_SIGNING_KEY: (url) => qstashFor(url, QSTASH_KEYS.current),
  QSTASH_NEXT_SIGNING_KEY: (url) => qstashFor(url, QSTASH_KEYS.next),
};

async function ask(env: Env, way: string, path: string, method = "POST"): Promise<number> {
  const url = `${ORIGIN}${path}`;
  const headers = await PROOFS[way]?.(url, method);
  return (await app(env).fetch(new Request(url, { method, ...(headers && { headers }) }))).status;
}

const DRAIN = "/queues/inbox/drain";
const HEALTH = "/health";
const MESSAGES = "/queues/inbox/messages";

test("every way that the environment names may drain, and none may send", async () => {
  vi.spyOn(console, "log").mockReturnValue();
  for (const way of Object.keys(PROOFS)) {
    expect([way, await ask(ALL, way, DRAIN)]).toEqual([way, 200]);
    expect([way, await ask(ALL, way, MESSAGES)]).toEqual([way, 403]);
  }
});

test("health is for the token and the signing keys, and not for schedulers", async () => {
  const statuses: [string, number][] = [];
  for (const way of Object.keys(PROOFS)) statuses.push([way, await ask(ALL, way, HEALTH, "GET")]);
  expect(Object.fromEntries(statuses)).toEqual({
    XDRAIN_TOKEN: 200,
    SIGNING_KEY: 200,
    PREVIOUS_SIGNING_KEY: 200,
    CRON_SECRET: 403,
    QSTASH_CURRENT_SIGNING_KEY: 403,
    QSTASH_NEXT_SIGNING_KEY: 403,
  });
});

test.each([
  ["XDRAIN_TOKEN", { ...ALL, XDRAIN_TOKEN: undefined }],
  ["XDRAIN_TOKEN", { ...ALL, XDRAIN_TOKEN: "" }],
  ["CRON_SECRET", { ...ALL, CRON_SECRET: "" }],
  ["PREVIOUS_SIGNING_KEY", { ...ALL, PREVIOUS_SIGNING_KEY: "" }],
  ["SIGNING_KEY", { ...ALL, SIGNING_KEY: "", PREVIOUS_SIGNING_KEY: "" }],
  ["QSTASH_NEXT_SIGNING_KEY", { XDRAIN_TOKEN: TOKEN }],
])("what is not set is not accepted: %s", async (way, env) => {
  expect(await ask(env, way, DRAIN)).toBe(401);
  expect(await ask(env, "nothing at all", DRAIN)).toBe(401);
});

test.each<[string, Env]>([
  ["nothing", {}],
  ["only empty texts", { XDRAIN_TOKEN: "", SIGNING_KEY: "", CRON_SECRET: "" }],
  ["a token that anybody could guess", { XDRAIN_TOKEN: "short" }],
  ["a signing key that is too short", { SIGNING_KEY: "short" }],
  ["the key before none", { PREVIOUS_SIGNING_KEY: KEYS.previous }],
  ["one of QStash's two keys", { QSTASH_CURRENT_SIGNING_KEY: QSTASH_KEYS.current }],
  ["an address that is none", { ...QSTASH, APP_URL: "app.example.com" }],
])("an environment that names %s is a mistake, not an app that is open", (_, env) => {
  expect(() => app(env)).toThrow(OptionError);
});

test("where the app knows its address, QStash's token has to be for it", async () => {
  const way = "QSTASH_CURRENT_SIGNING_KEY";
  expect(await ask({ ...ALL, APP_URL: ORIGIN }, way, DRAIN)).toBe(200);
  expect(await ask({ ...ALL, APP_URL: "https://other.example.com" }, way, DRAIN)).toBe(401);
});
