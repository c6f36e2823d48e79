import { createHmac } from "node:crypto";
import { expect, inject, test } from "vitest";
import { acceptWebhook } from "../../functions/inbox/accept.ts";
import { handleDelivery } from "../../functions/inbox/handle.ts";
import { type InboxOptions, isUrgent, openInbox } from "../../functions/inbox/queue.ts";
import { drain, StoreError } from "../../src/index.ts";
import { systemClock } from "../../src/redis/clock.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";

const SECRET = "It's a Secret to Everybody";
const BODY = JSON.stringify({ action: "opened", sender: { login: "octocat" } });

function hmac(body: string | Uint8Array, secret = SECRET, algorithm = "sha256"): string {
  return `${algorithm}=${createHmac(algorithm, secret).update(body).digest("hex")}`;
}

/** A request as GitHub sends it; a header that is undefined is left out. */
function webhook(
  body: BodyInit = BODY,
  headers: Readonly<Record<string, string | undefined>> = {},
): Request {
  const all = {
    "content-type": "application/json",
    "x-github-event": "issues",
    "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    "x-hub-signature-256": typeof body === "string" ? hmac(body) : undefined,
    ...headers,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => {
    return entry[1] !== undefined;
  });
  return new Request("http://inbox.test/", {
    method: "POST",
    headers: given,
    body,
    duplex: "half",
  } as RequestInit);
}

function inbox(options: InboxOptions = {}, store = tcpStore()) {
  const { ordinary, urgent } = openInbox(store, { stream: uniqueName("inbox"), ...options });
  return { queue: ordinary, urgent, accept: acceptWebhook({ ordinary, urgent }, SECRET) };
}

test("a webhook with a valid signature is stored, and answered with the message's id", async () => {
  const { queue, accept } = inbox();
  const response = await accept(webhook());
  expect(response.status).toBe(202);
  expect(await response.json()).toEqual({ id: expect.stringMatching(/^\d+-\d+$/) });
  const seen: unknown[] = [];
  await drain(queue, (message) => void seen.push(message.payload, message.idempotencyKey));
  expect(seen).toEqual([
    {
      event: "issues",
      delivery: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
      payload: JSON.parse(BODY),
    },
    "72d3162e-cc78-11e3-81ab-4c9367dc0958",
  ]);
});

test("what tells of a weakness is urgent, and one pass drains it before what came earlier", async () => {
  // None of the turns in ten that begin with the other queue.
  const clock = { ...systemClock, random: () => 0.1 + 0.9 * systemClock.random() };
  const { queue, urgent, accept } = inbox({}, ioredis({ url: inject("redisUrl"), clock }));
  await accept(webhook(BODY, { "x-github-delivery": "d-1" }));
  await accept(webhook(BODY, { "x-github-event": "dependabot_alert", "x-github-delivery": "d-2" }));
  expect(await urgent.depth()).toMatchObject({ entries: 1 });
  const seen: unknown[] = [];
  await drain([urgent, queue], ({ payload }) => void seen.push(payload.delivery));
  expect(seen).toEqual(["d-2", "d-1"]);
});

test("only weaknesses are urgent", () => {
  const events = [
    "dependabot_alert",
    "security_advisory",
    "push",
    "alert",
    "security_and_analysis",
  ];
  expect(events.filter(isUrgent)).toEqual(["dependabot_alert", "security_advisory"]);
});

test.each([
  ["inbox", "{inbox}:urgent"],
  ["{shop}:inbox", "{shop}:inbox:urgent"],
  ["a{b", "{a{b}:urgent"],
])("the streams %s and %s are in one slot of a Cluster", (stream, other) => {
  const { urgent } = openInbox(tcpStore(), { stream });
  expect(urgent.resolved.storeQueue.stream).toBe(other);
});

test("the signature of GitHub's own documentation is accepted", async () => {
  const { accept } = inbox();
  const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
  // The body is no JSON object: had the signature been wrong, the answer would be 401.
  const response = await accept(webhook("Hello, World!", { "x-hub-signature-256": signature }));
  expect(response.status).toBe(400);
});

test("the signature is over the bytes as they came, not over what they mean", async () => {
  const { accept } = inbox();
  const spaced = `${BODY} \n`;
  expect((await accept(webhook(spaced))).status).toBe(202);
  const other = webhook(spaced, { "x-hub-signature-256": hmac(BODY) });
  expect((await accept(other)).status).toBe(401);
});

test.each([
  ["missing", undefined],
  ["empty", ""],
  ["of another secret", hmac(BODY, "a guess")],
  ["of another body", hmac(`${BODY} `)],
  ["truncated", hmac(BODY).slice(0, -2)],
  ["longer", `${hmac(BODY)}00`],
  ["without its algorithm", hmac(BODY).slice("sha256=".length)],
  ["of another algorithm", hmac(BODY, SECRET, "sha1")],
  ["of another algorithm, called sha256", hmac(BODY, SECRET, "sha512").replace("sha512", "sha256")],
  ["not hexadecimal", `sha256=${"z".repeat(64)}`],
])("a webhook whose signature is %s is refused, and nothing is stored", async (_, signature) => {
  const { queue, accept } = inbox();
  const response = await accept(webhook(BODY, { "x-hub-signature-256": signature }));
  expect(response.status).toBe(401);
  expect(await queue.depth()).toMatchObject({ entries: 0 });
});

test.each([
  ["that is cut off", BODY.slice(0, 20)],
  ["that is empty", ""],
  ["of a form", `payload=${encodeURIComponent(BODY)}`],
  ["that is an array", "[]"],
  ["that is null", "null"],
])("a signed body %s is malformed", async (_, body) => {
  const { queue, accept } = inbox();
  expect((await accept(webhook(body))).status).toBe(400);
  expect(await queue.depth()).toMatchObject({ entries: 0 });
});

test("a signed body that is not UTF-8 is malformed", async () => {
  const { accept } = inbox();
  const body = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
  expect((await accept(webhook(body, { "x-hub-signature-256": hmac(body) }))).status).toBe(400);
});

test.each([
  ["no event", { "x-github-event": undefined }],
  ["no delivery id", { "x-github-delivery": undefined }],
  ["an event of no event's form", { "x-github-event": "Not An Event" }],
  ["a delivery id that is too long", { "x-github-delivery": "x".repeat(201) }],
])("a signed webhook with %s is malformed", async (_, headers) => {
  const { accept } = inbox();
  expect((await accept(webhook(BODY, headers))).status).toBe(400);
});

test("an event whose name has a digit is taken", async () => {
  const { accept } = inbox();
  const request = webhook(BODY, { "x-github-event": "projects_v2_item" });
  expect((await accept(request)).status).toBe(202);
});

test("a body that says it is too large is refused unread", async () => {
  const { accept } = inbox({ maxPayload: 1_000 });
  const request = webhook(BODY, { "content-length": "1001" });
  expect((await accept(request)).status).toBe(413);
  expect(request.bodyUsed).toBe(false);
});

test("a body that is too large without saying so is not read to its end", async () => {
  const { accept } = inbox({ maxPayload: 1_000 });
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(400));
    },
  });
  expect((await accept(webhook(endless))).status).toBe(413);
  expect(pulled).toBeLessThan(10);
});

test("a delivery that fits as a body and not as a message is too large", async () => {
  const { accept } = inbox({ maxPayload: BODY.length });
  expect((await accept(webhook())).status).toBe(413);
});

test("only POST is a webhook", async () => {
  const { accept } = inbox();
  const response = await accept(new Request("http://inbox.test/"));
  expect(response.status).toBe(405);
  expect(response.headers.get("allow")).toBe("POST");
});

test("a store that fails is answered with 503, and says nothing of the store", async () => {
  const store = tcpStore();
  const broken = {
    ...store,
    send: () =>
      Promise.reject(new StoreError("store_unavailable", "redis at 10.0.0.7 is down", {})),
  };
  const accept = acceptWebhook(openInbox(broken, { stream: uniqueName() }), SECRET);
  const response = await accept(webhook());
  expect(response.status).toBe(503);
  expect(await response.text()).not.toContain("10.0.0.7");
});

test("a receiver without a secret is not made", () => {
  const inbox = openInbox(tcpStore(), { stream: uniqueName() });
  expect(() => acceptWebhook(inbox, "")).toThrow("secret");
});

test("a delivery that comes twice is worked on once", async () => {
  const { queue, accept } = inbox({ keepResults: true });
  await accept(webhook());
  expect(await drain(queue, handleDelivery)).toMatchObject({ completed: 1 });
  expect((await accept(webhook())).status).toBe(202);
  expect(await drain(queue, () => expect.fail("ran again"))).toMatchObject({
    completed: 0,
    duplicates: 1,
  });
  expect(await queue.result("72d3162e-cc78-11e3-81ab-4c9367dc0958")).toBe(
    "issues opened by octocat",
  );
});
