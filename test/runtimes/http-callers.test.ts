import { expect, test, vi } from "vitest";
import { OptionError } from "../../src/index.ts";
import { type Caller, httpApp, signed, vercelCron } from "../../src/runtimes/http/index.ts";
import { qstashDrainer, tokenFor } from "../qstash/support.ts";
import {
  askSigned,
  drainer,
  KEYS,
  NOW,
  send,
  sender,
  sendRaw,
  servingTo,
} from "../signing/support.ts";
import { ACCESS, type Reply, TOKENS, tcpWork } from "./support.ts";

const SECRET = "the-secret-of-the-cron";
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test("a proof that is not valid is a 401, even beside one that is", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  const use = async (_: unknown, url: string) => {
    const ask = async (headers: Record<string, string>, key: string = KEYS.current) =>
      (await askSigned(url, path, { key, headers })).status;
    expect(await ask(bearer(TOKENS.drain))).toBe(200);
    expect(await ask(bearer(TOKENS.drain), KEYS.other)).toBe(401);
    expect(await ask(bearer("token-of-nobody-at-all"))).toBe(401);
    expect(await ask({ authorization: "Basic dXNlcjpwYXNzd29yZA==" })).toBe(401);
    expect(await ask({ authorization: "" })).toBe(401);
    for (const value of ["", "v1", "none"]) {
      const headers = { ...bearer(TOKENS.all), "xdrain-signature": value };
      expect((await send(url + path, "POST", headers)).status).toBe(401);
    }
    expect((await send(url + path, "POST", {})).status).toBe(401);
  };
  await servingTo([drainer()], inbox, use, { tokens: ACCESS });
});

test("a header that comes twice is no proof, whichever of the two is good", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  const use = async (_: unknown, url: string) => {
    const target = url + path;
    const good = {
      authorization: `Bearer ${TOKENS.drain}`,
      "upstash-signature": await tokenFor(target),
    };
    for (const [name, value] of Object.entries(good)) {
      expect([name, await sendRaw(target, "POST", [name, value])]).toEqual([name, 200]);
      for (const [one, two] of [
        [value, `${value}x`],
        [`${value}x`, value],
        [value, value],
      ]) {
        const twice = [name, one ?? "", name.toUpperCase(), two ?? ""];
        expect([name, await sendRaw(target, "POST", twice)]).toEqual([name, 401]);
      }
    }
  };
  await servingTo([qstashDrainer()], inbox, use, { tokens: ACCESS });
});

test("two valid proofs grant what each of them grants, and no more", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}`;
  const callers = [drainer({ scopes: ["drain"] })];
  const use = async (_: unknown, url: string) => {
    const headers = bearer(TOKENS.send);
    const body = JSON.stringify({ payload: 1 });
    const asked = [
      await askSigned(url, `${path}/messages`, { headers, body }),
      await askSigned(url, `${path}/drain`, { headers }),
      await askSigned(url, `${path}/health`, { headers, method: "GET" }),
    ];
    expect(asked.map(({ status }) => status)).toEqual([202, 200, 403]);
  };
  await servingTo(callers, inbox, use, { tokens: ACCESS });
});

test("a header that no caller of the app reads is no proof, neither good nor bad", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  const use = async (_: unknown, url: string) => {
    const others = { "xdrain-signature": "v1", "upstash-signature": "none" };
    const headers = { ...bearer(TOKENS.drain), ...others };
    expect((await send(url + path, "POST", headers)).status).toBe(200);
    expect((await askSigned(url, path)).status).toBe(401);
  };
  await servingTo([], inbox, use, { tokens: ACCESS });
  await servingTo([drainer()], inbox, async (_, url) => {
    const headers = { authorization: "AWS4-HMAC-SHA256 Credential=…".replace("…", "x") };
    expect((await askSigned(url, path, { headers })).status).toBe(200);
    expect((await send(url + path, "POST", bearer(TOKENS.drain))).status).toBe(401);
  });
});

test("why a request was refused is not told: all refusals are the same to the byte", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  const callers = [
    drainer({ nonces: { take: async () => false } }),
    vercelCron({ secret: SECRET }),
  ];
  const use = async (_: unknown, url: string) => {
    const good = { nonce: "0".repeat(32) };
    const replies: Reply[] = [
      await askSigned(url, path, good), // a replay
      await askSigned(url, path, { now: NOW - 400_000 }),
      await askSigned(url, path, { now: NOW + 400_000 }),
      await askSigned(url, path, { key: KEYS.other }),
      await askSigned(url, path, { body: "{}", signed: { body: "" } }),
      await askSigned(url, path, { signed: { method: "GET" } }),
      await askSigned(url, path, { headers: bearer("token-of-nobody-at-all") }),
      await askSigned(url, "/queues/none/drain", { key: KEYS.other }),
      await send(url + path, "POST", {}),
      await send(url + path, "POST", { "xdrain-signature": "v2" }),
      await send(url + path, "POST", bearer(`${SECRET}x`)),
    ];
    const told = replies.map(({ status, text, headers }) => {
      const { date: _date, ...others } = Object.fromEntries(headers);
      return JSON.stringify([status, text, others]);
    });
    expect(new Set(told).size).toBe(1);
    expect(replies[0]).toMatchObject({ status: 401, json: { error: { code: "unauthorized" } } });
    expect(replies[0]?.headers.get("www-authenticate")).toBe("Bearer, Xdrain-Signature");
    for (const hidden of [SECRET, ...Object.values(KEYS), ...Object.values(TOKENS)]) {
      expect(told[0]).not.toContain(hidden);
    }
  };
  await servingTo(callers, inbox, use, { tokens: ACCESS });
});

test("keys and secrets come back in no reply", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}`;
  const body = JSON.stringify({ payload: 1 });
  const callers = [sender(), drainer({ keys: [KEYS.previous] }), vercelCron({ secret: SECRET })];
  await servingTo(callers, inbox, async (_, url) => {
    const replies = [
      await askSigned(url, `${path}/messages`, { body }),
      await askSigned(url, `${path}/messages`, { body: "{" }),
      await askSigned(url, `${path}/drain`),
      await askSigned(url, `${path}/drain`, { key: KEYS.previous }),
      await send(`${url}${path}/drain`, "GET", bearer(SECRET)),
      await send(`${url}${path}/health`, "GET", bearer(SECRET)),
    ];
    expect(replies.map(({ status }) => status)).toEqual([202, 400, 403, 200, 200, 403]);
    for (const { text, headers } of replies) {
      for (const hidden of [SECRET, ...Object.values(KEYS)]) {
        expect(text + JSON.stringify([...headers])).not.toContain(hidden);
      }
    }
  });
});

test("a caller of the app's own is asked where its header is, and fails closed", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  const told: unknown[] = [];
  const own: Caller = {
    header: "x-door",
    scheme: "Door",
    async verify({ value }) {
      if (value === "broken") throw new Error("secret-of-the-door");
      return value === "open" ? ["drain"] : undefined;
    },
  };
  const use = async (_: unknown, url: string) => {
    const ask = (door: string) => send(url + path, "POST", { "x-door": door });
    expect((await ask("open")).status).toBe(200);
    expect((await ask("shut")).status).toBe(401);
    const broken = await ask("broken");
    expect([broken.status, broken.text]).toEqual([500, expect.not.stringContaining("secret")]);
    expect(String(told)).toContain("secret-of-the-door");
  };
  await servingTo([own], inbox, use, { onError: (error) => told.push(error) });
});

test("an app that nobody may call, or whose callers are none, is not made", () => {
  const queues = tcpWork();
  const refused: object[] = [
    {},
    { callers: [] },
    { tokens: undefined, callers: undefined },
    { tokens: [], callers: [drainer()] },
    { callers: [undefined] },
    { callers: [{}] },
    { callers: [{ header: "x-door" }] },
    { callers: [{ header: "X-Door", scheme: "Door", verify: async () => ["drain"] }] },
    { callers: [{ header: "x-door", scheme: "A door", verify: async () => ["drain"] }] },
    { callers: [{ header: "x-door", scheme: "Door" }] },
    { callers: [signed] },
  ];
  for (const options of refused) {
    expect(() => httpApp({ queues, ...options })).toThrow(OptionError);
  }
});

test("to make an app with callers computes nothing", () => {
  const work = [vi.spyOn(crypto.subtle, "digest"), vi.spyOn(crypto.subtle, "importKey")];
  httpApp({ queues: tcpWork(), callers: [drainer(), vercelCron({ secret: SECRET })] });
  for (const spy of work) expect(spy).not.toHaveBeenCalled();
});
