import { generateKeyPair } from "jose";
import { expect, test } from "vitest";
import { httpApp } from "../../src/runtimes/http/index.ts";
import { memoryNonces } from "../../src/signing/index.ts";
import { tcpWork } from "../runtimes/support.ts";
import { NOW, send, servingTo, slowRequest, TestClock } from "../signing/support.ts";
import { QSTASH_KEYS } from "./keys.ts";
import { type Forge, qstashDrainer, tokenFor, unsigned } from "./support.ts";

/** Asks for passes of a queue with tokens, good and bad; gives the status. */
async function asking(
  caller: Parameters<typeof servingTo>[0][number],
  use: (ask: (forge?: Forge, sent?: Sent) => Promise<number>, target: string) => Promise<void>,
) {
  const inbox = tcpWork();
  await servingTo([caller], inbox, async (_, url) => {
    const target = `${url}/queues/${inbox.queue.name}/drain`;
    await use(async (forge = {}, sent = {}) => {
      const token = sent.token ?? (await tokenFor(target, forge));
      const to = target + (sent.query ?? "");
      const reply = await send(to, "POST", { "upstash-signature": token }, sent.body ?? forge.body);
      return reply.status;
    }, target);
  });
}

interface Sent {
  readonly token?: string;
  readonly body?: string;
  readonly query?: string;
}

test("QStash asks for a pass, with a body or without", async () => {
  await asking(qstashDrainer(), async (ask) => {
    expect(await ask()).toBe(200);
    expect(await ask({ body: '{"maxMessages":1}' })).toBe(200);
  });
});

test("either signing key is good, and no third", async () => {
  await asking(qstashDrainer(), async (ask) => {
    expect(await ask({ key: QSTASH_KEYS.current })).toBe(200);
    expect(await ask({ key: QSTASH_KEYS.next })).toBe(200);
    expect(await ask({ key: QSTASH_KEYS.other })).toBe(401);
  });
  const { current, next } = QSTASH_KEYS;
  const rolled = qstashDrainer({ currentSigningKey: next, nextSigningKey: QSTASH_KEYS.other });
  await asking(rolled, async (ask) => {
    expect(await ask({ key: next })).toBe(200);
    expect(await ask({ key: current })).toBe(401);
  });
});

test("HS256 is the only algorithm: none, others, and a public key as a secret are refused", async () => {
  const { privateKey } = await generateKeyPair("RS256");
  await asking(qstashDrainer(), async (ask, target) => {
    const good = await tokenFor(target);
    const signature = good.split(".")[2] ?? "";
    expect(await ask({}, { token: good })).toBe(200);
    for (const alg of ["none", "None", "NONE", "", "hs256", "HS512", "RS256", undefined]) {
      expect(await ask({}, { token: unsigned(good, { alg, typ: "JWT" }) })).toBe(401);
      expect(await ask({}, { token: unsigned(good, { alg, typ: "JWT" }, signature) })).toBe(401);
    }
    expect(await ask({ header: { alg: "HS512" } })).toBe(401);
    expect(await ask({ header: { alg: "HS384" } })).toBe(401);
    expect(await ask({ header: { alg: "RS256" }, key: privateKey })).toBe(401);
  });
});

test("another body than was signed is refused, and padding does not matter", async () => {
  const body = '{"maxMessages":1}';
  const claim = async (text: string, padding: string) => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return Buffer.from(digest).toString("base64url") + padding;
  };
  await asking(qstashDrainer(), async (ask) => {
    expect(await ask({ body, claims: { body: await claim(body, "") } })).toBe(200);
    expect(await ask({ body, claims: { body: await claim(body, "=") } })).toBe(200);
    expect(await ask({ body, claims: { body: await claim(body, "==") } })).toBe(401);
    expect(await ask({ body }, { body: '{"maxMessages":2}' })).toBe(401);
    expect(await ask({ body }, { body: `${body} ` })).toBe(401);
    expect(await ask({ body: "" }, { body })).toBe(401);
    for (const wrong of ["", "=", 7, null, undefined, [await claim(body, "")]]) {
      expect(await ask({ body, claims: { body: wrong } })).toBe(401);
    }
  });
});

test("a token is good in its time and the tolerance around it, and not a moment longer", async () => {
  const clock = new TestClock();
  await asking(qstashDrainer({ clock, tolerance: "30 s" }), async (ask) => {
    const statuses: Record<number, number> = {};
    for (const skew of [-3_600_000, -31_000, -30_000, 0, 300_000, 329_000, 330_000, 3_600_000]) {
      clock.time = NOW + skew;
      statuses[skew] = await ask();
    }
    expect(statuses).toEqual({
      [-3_600_000]: 401,
      [-31_000]: 401,
      [-30_000]: 200,
      0: 200,
      300000: 200,
      329000: 200,
      330000: 401,
      3600000: 401,
    });
  });
});

test("a claim that is missing or another's is refused", async () => {
  await asking(qstashDrainer(), async (ask) => {
    for (const claim of ["iss", "sub", "exp", "nbf", "jti", "body"]) {
      expect([claim, await ask({ claims: { [claim]: undefined } })]).toEqual([claim, 401]);
      expect([claim, await ask({ claims: { [claim]: {} } })]).toEqual([claim, 401]);
    }
    expect(await ask({ claims: { iss: "upstash" } })).toBe(401);
    expect(await ask({ claims: { iss: "Somebody" } })).toBe(401);
    expect(await ask({ claims: { exp: String(NOW / 1_000 + 300) } })).toBe(401);
    expect(await ask({ claims: { jti: "" } })).toBe(401);
    expect(await ask({ claims: { jti: "x".repeat(201) } })).toBe(401);
    expect(await ask({ claims: { jti: "two\nlines" } })).toBe(401);
    expect(await ask({ claims: { iat: undefined } })).toBe(200);
  });
});

test("a request that was meant for another path is refused", async () => {
  await asking(qstashDrainer(), async (ask, target) => {
    const meant = async (sub: string) => ask({ claims: { sub } });
    expect(await meant(target.replace("drain", "messages"))).toBe(401);
    expect(await meant(`${target}/`)).toBe(401);
    expect(await meant(`${target}?a=1`)).toBe(401);
    expect(await meant("not an address")).toBe(401);
    expect(await ask({}, { query: "?a=1" })).toBe(401);
    expect(await ask({ claims: { sub: `${target}?a=1` } }, { query: "?a=1" })).toBe(200);
    expect(await meant(`https://app.example.com${new URL(target).pathname}`)).toBe(200);
  });
});

test("with a base address the whole address has to be the right one", async () => {
  for (const baseUrl of ["https://app.example.com/stage", "https://app.example.com/stage/"]) {
    await asking(qstashDrainer({ baseUrl }), async (ask, target) => {
      const { pathname } = new URL(target);
      const meant = async (base: string) => ask({ claims: { sub: base + pathname } });
      expect(await meant("https://app.example.com/stage")).toBe(200);
      expect(await meant("https://APP.example.com:443/stage")).toBe(200);
      expect(await meant("https://app.example.com")).toBe(401);
      expect(await meant("http://app.example.com/stage")).toBe(401);
      expect(await meant("https://app.example.com:444/stage")).toBe(401);
      expect(await meant("https://app.example.com.evil.example/stage")).toBe(401);
      expect(await ask()).toBe(401);
    });
  }
});

test("with a store of nonces a request is good once; without one it is one more pass", async () => {
  const clock = new TestClock();
  await asking(qstashDrainer({ nonces: memoryNonces({ clock }), clock }), async (ask, target) => {
    const token = await tokenFor(target);
    const statuses = await Promise.all(Array.from({ length: 5 }, () => ask({}, { token })));
    expect(statuses.sort()).toEqual([200, 401, 401, 401, 401]);
    clock.time = NOW + 329_000;
    expect(await ask({}, { token })).toBe(401);
    expect(await ask()).toBe(200);
  });
  await asking(qstashDrainer(), async (ask, target) => {
    const token = await tokenFor(target);
    expect([await ask({}, { token }), await ask({}, { token })]).toEqual([200, 200]);
  });
});

test("a replay whose body comes after its token was forgotten is refused", async () => {
  const clock = new TestClock();
  const caller = qstashDrainer({ clock, nonces: memoryNonces({ clock }) });
  const inbox = tcpWork();
  const target = `http://app.example.com/queues/${inbox.queue.name}/drain`;
  const app = httpApp({ queues: inbox, callers: [caller] });
  const token = await tokenFor(target, { body: "{}" });
  const ask = async (slowMs: number) => {
    clock.time = NOW;
    const headers = { "upstash-signature": token };
    const request = slowRequest(target, headers, "{}", () => clock.pass(slowMs));
    return (await app.fetch(request)).status;
  };
  expect(await ask(0)).toBe(200);
  expect(await ask(0)).toBe(401);
  expect(await ask(600_000)).toBe(401);
});

test("only a valid token reaches the store of nonces, for as long as it is good", async () => {
  const taken: [string, number][] = [];
  const nonces = { take: async (nonce: string, ttl: number) => taken.push([nonce, ttl]) > 0 };
  await asking(qstashDrainer({ nonces }), async (ask) => {
    await ask({ key: QSTASH_KEYS.other });
    await ask({ body: "{}" }, { body: "[]" });
    await ask({ claims: { iss: "Somebody" } });
    await ask({ claims: { sub: "https://app.example.com/" } });
    expect(taken).toEqual([]);
    await ask({ claims: { jti: "jwt_67kx" } });
    expect(taken).toEqual([["qstash:jwt_67kx", 420_000]]);
  });
});

test("a header that is no token is refused, however it is made", async () => {
  await asking(qstashDrainer(), async (ask, target) => {
    const good = await tokenFor(target);
    const [header, payload, signature] = good.split(".");
    const altered = [
      "",
      " ",
      ".",
      "..",
      "...",
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `.${payload}.${signature}`,
      `${header}..${signature}`,
      `${good}.${signature}`,
      `${good}x`,
      `${good}=`,
      `${good}, ${good}`,
      `Bearer ${good}`,
      `${header}. ${payload}.${signature}`,
      `${header}.${"A".repeat(7_000)}.${signature}`,
      "x".repeat(9_000),
      `${Buffer.from("null").toString("base64url")}.${payload}.${signature}`,
      `${header}.${Buffer.from("[]").toString("base64url")}.${signature}`,
    ];
    for (const token of altered) {
      expect([await ask({}, { token }), token.slice(0, 300)]).toEqual([401, token.slice(0, 300)]);
    }
    expect(await ask({}, { token: good })).toBe(200);
  });
});
