import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { OptionError } from "../../src/index.ts";
import { canonicalBytes } from "../../src/signing/canonical.ts";
import { type SigningKey, signRequest } from "../../src/signing/index.ts";
import { KEYS, NOW } from "./support.ts";

const NONCE = "00112233445566778899aabbccddeeff";
const url = "https://app.example.com/queues/orders/drain?limit=5";

test("a signature is the HMAC of six lines, which another program can make too", async () => {
  const body = '{"payload":"grüße"}';
  const headers = await signRequest(KEYS.current, { url, body, now: NOW + 999, nonce: NONCE });
  const digest = createHash("sha256").update(body).digest("hex");
  const lines = ["xdrain-v1", "POST", "/queues/orders/drain?limit=5", "1800000000", NONCE, digest];
  const mac = createHmac("sha256", KEYS.current).update(lines.join("\n")).digest("hex");
  expect(headers).toEqual({ "xdrain-signature": `v1 t=1800000000 n=${NONCE} s=${mac}` });
});

test("this very signature stays what it is: other versions verify it", async () => {
  const headers = await signRequest(KEYS.current, { url, now: NOW, nonce: NONCE });
  expect(headers["xdrain-signature"]).toBe(
    `v1 t=1800000000 n=${NONCE} s=eb937ac4fb717c880ffd7b6ad46f957b28c89ce0670891ed5272d620687d369b`,
  );
});

test("bytes and text that are the same give the same signature", async () => {
  const encoder = new TextEncoder();
  const request = { url, body: "ü", now: NOW, nonce: NONCE };
  const bytes = { ...request, url: new URL(url), body: encoder.encode("ü") };
  expect(await signRequest(encoder.encode(KEYS.current), bytes)).toEqual(
    await signRequest(KEYS.current, request),
  );
});

test("the path is signed as fetch sends it, without the host and the fragment", async () => {
  const sign = (at: string) => signRequest(KEYS.current, { url: at, now: NOW, nonce: NONCE });
  const plain = await sign("https://a.example/queues/a%20b/drain?q=%C3%BC");
  expect(await sign("http://b.example:81/x/../queues/a b/drain?q=ü#part")).toEqual(plain);
  expect(await sign("https://a.example/queues/a%20b/drain?q=u")).not.toEqual(plain);
});

test("each signature has a nonce of its own", async () => {
  const drawn = await Promise.all(
    Array.from({ length: 50 }, () => signRequest(KEYS.current, { url, now: NOW })),
  );
  expect(new Set(drawn.map((headers) => headers["xdrain-signature"])).size).toBe(50);
});

test("what cannot be signed is refused, and no key comes back in the error", async () => {
  const short = "only-31-bytes-of-a-secret-key-x";
  expect(short).toHaveLength(31);
  const refused: [unknown, object][] = [
    ["", { url }],
    [undefined, { url }],
    [Array(32).fill(1), { url }],
    [short, { url }],
    [new TextEncoder().encode(short), { url }],
    [KEYS.current, { url: "/queues/orders/drain" }],
    [KEYS.current, { url: "ftp://secret:password@app.example.com/" }],
    [KEYS.current, { url, method: "post" }],
    [KEYS.current, { url, method: "POST\nGET" }],
    [KEYS.current, { url, method: "" }],
    [KEYS.current, { url, nonce: "short" }],
    [KEYS.current, { url, nonce: NONCE.toUpperCase() }],
    [KEYS.current, { url, now: Number.NaN }],
    [KEYS.current, { url, now: -1 }],
    [KEYS.current, { url, body: { payload: 1 } }],
  ];
  for (const [key, request] of refused) {
    const error = await signRequest(key as SigningKey, request as { url: string }).catch((e) => e);
    expect(error).toBeInstanceOf(OptionError);
    for (const hidden of [short, KEYS.current, "password"]) {
      expect(JSON.stringify(error) + error.stack).not.toContain(hidden);
    }
  }
});

test("the least key is one of 32 bytes, whatever its characters", async () => {
  await expect(signRequest("x".repeat(32), { url })).resolves.toBeDefined();
  await expect(signRequest("ü".repeat(16), { url })).resolves.toBeDefined();
  await expect(signRequest("x".repeat(31), { url })).rejects.toThrow(OptionError);
});

test("two requests that differ are never signed over the same bytes", async () => {
  // Few values of each part, so that neighbours and equals are drawn too.
  const part = fc.record({
    method: fc.constantFrom("GET", "GETA"),
    path: fc.constantFrom("/", "/1", "/a", "/a?1", "/a?12"),
    timestamp: fc.constantFrom("1", "12", "121"),
    nonce: fc.constantFrom(NONCE, "f".repeat(32)),
    body: fc.constantFrom("", "1", "a").map((text) => new TextEncoder().encode(text)),
  });
  await fc.assert(
    fc.asyncProperty(part, part, async (one, other) => {
      const [a, b] = await Promise.all([canonicalBytes(one), canonicalBytes(other)]);
      const text = (value: object) => JSON.stringify(value);
      expect(Buffer.from(a).equals(b)).toBe(text(one) === text(other));
    }),
    { seed: 42, numRuns: 2_000 },
  );
});
