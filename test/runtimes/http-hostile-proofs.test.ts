import fc from "fast-check";
import { expect, test } from "vitest";
import { qstash } from "../../src/qstash/index.ts";
import { httpApp, memoryNonces, vercelCron } from "../../src/runtimes/http/index.ts";
import { signRequest } from "../../src/signing/index.ts";
import { QSTASH_KEYS } from "../qstash/keys.ts";
import { tokenFor } from "../qstash/support.ts";
import { drainer, KEYS, NOW, sender, TestClock } from "../signing/support.ts";
import { ACCESS, TOKENS, tcpWork } from "./support.ts";

// Longer, and from another seed: FUZZ_RUNS=1000 FUZZ_SEED=7 npx vitest run test/runtimes/http-hostile
const SEED = Number(process.env.FUZZ_SEED ?? 42);
const RUNS = Number(process.env.FUZZ_RUNS ?? 300);

const HEADERS = ["authorization", "xdrain-signature", "upstash-signature"] as const;
const inbox = tcpWork();
const target = `http://app.example.com/queues/${inbox.queue.name}/drain`;
const clock = new TestClock();
const app = httpApp({
  queues: inbox,
  tokens: ACCESS,
  callers: [
    drainer(),
    sender({ keys: [KEYS.previous] }),
    qstash({
      currentSigningKey: QSTASH_KEYS.current,
      nextSigningKey: QSTASH_KEYS.next,
      scopes: ["drain", "send"],
      nonces: memoryNonces({ clock }),
      clock,
    }),
    vercelCron({ secret: "the-secret-of-the-cron" }),
  ],
});

/** What a header can hold: any byte but those that HTTP itself forbids. */
const anyValue = fc
  .string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) })
  .filter((text) => !/[\0\r\n]/.test(text));

/** Spaces and capitals of a bearer token do not count, nor the last bits of a JWT, which stand for nothing. */
function sameProof(one: string, other: string): boolean {
  const plain = (text: string) => text.trim().replace(/ +/g, " ").toLowerCase();
  const isJwt = other.startsWith("ey");
  return plain(one) === plain(other) || (isJwt && one.slice(0, -1) === other.slice(0, -1));
}

/** A good proof with one piece replaced. */
function damaged(good: string): fc.Arbitrary<string> {
  return fc
    .tuple(fc.nat(good.length), fc.nat(8), anyValue)
    .map(([at, cut, text]) => good.slice(0, at) + text + good.slice(at + cut))
    .filter((text) => !sameProof(text, good));
}

async function ask(headers: Record<string, string>): Promise<[number, string]> {
  const response = await app.fetch(new Request(target, { method: "POST", headers }));
  return [response.status, await response.text()];
}

async function goodProofs() {
  return {
    authorization: `Bearer ${TOKENS.drain}`,
    "xdrain-signature": (await signRequest(KEYS.current, { url: target, now: NOW }))[
      "xdrain-signature"
    ],
    "upstash-signature": await tokenFor(target),
  };
}

test("no header, however it is damaged, opens the door or breaks it", async () => {
  const good = await goodProofs();
  expect((await ask({ authorization: good.authorization }))[0]).toBe(200);
  const refusal = await ask({});
  expect(refusal[0]).toBe(401);
  const attempt = fc.constantFrom(...HEADERS).chain((header) =>
    fc.record({
      header: fc.constant(header),
      value: fc.oneof(anyValue, damaged(good[header])),
    }),
  );
  await fc.assert(
    fc.asyncProperty(attempt, async ({ header, value }) => {
      expect(await ask({ [header]: value })).toEqual(refusal);
    }),
    { seed: SEED, numRuns: RUNS * 3 },
  );
});

test("beside two good proofs, one that is damaged is refused all the same", async () => {
  const attempt = fc
    .constantFrom(...HEADERS)
    .chain((header) => fc.record({ header: fc.constant(header), value: anyValue }));
  await fc.assert(
    fc.asyncProperty(attempt, async ({ header, value }) => {
      const [status] = await ask({ ...(await goodProofs()), [header]: value });
      expect(status).toBe(401);
    }),
    { seed: SEED, numRuns: RUNS },
  );
  expect((await ask(await goodProofs()))[0]).toBe(200);
});
