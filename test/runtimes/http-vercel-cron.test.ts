import { expect, test } from "vitest";
import { OptionError } from "../../src/index.ts";
import { vercelCron } from "../../src/runtimes/http/index.ts";
import { askSigned, drainer, KEYS, send, servingTo } from "../signing/support.ts";
import { ACCESS, TOKENS, tcpWork } from "./support.ts";

const secret = "the-secret-of-the-cron";
/** What a cron job of Vercel sends. */
const CRON = { authorization: `Bearer ${secret}`, "user-agent": "vercel-cron/1.0" };

test("the cron of Vercel drains with its secret, and may do nothing else", async () => {
  const seen: unknown[] = [];
  const inbox = tcpWork((message) => seen.push(message.payload));
  await inbox.queue.send("x");
  const path = `/queues/${inbox.queue.name}`;
  await servingTo([vercelCron({ secret })], inbox, async (_, url) => {
    const replies = [
      await send(`${url}${path}/drain`, "GET", CRON),
      await send(`${url}${path}/messages`, "POST", CRON, '{"payload":1}'),
      await send(`${url}${path}/health`, "GET", CRON),
      await send(`${url}/health`, "GET", CRON),
    ];
    expect(replies.map(({ status }) => status)).toEqual([200, 403, 403, 403]);
  });
  expect(seen).toEqual(["x"]);
  expect(await inbox.queue.depth()).toMatchObject({ entries: 0 });
});

test("another secret, or none, is refused", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  await servingTo([vercelCron({ secret })], inbox, async (_, url) => {
    const wrong = [
      "",
      "Bearer",
      secret,
      `Basic ${secret}`,
      `Bearer ${secret}x`,
      "Bearer undefined",
    ];
    for (const authorization of [
      ...wrong,
      `Bearer ${secret.slice(0, -1)}`,
      `Bearer ${secret}, x`,
    ]) {
      expect((await send(url + path, "GET", { ...CRON, authorization })).status).toBe(401);
    }
    expect((await send(url + path, "GET", { "user-agent": "vercel-cron/1.0" })).status).toBe(401);
  });
});

test("a cron that comes again is one more pass, which works on nothing twice", async () => {
  const seen: unknown[] = [];
  const inbox = tcpWork((message) => seen.push(message.payload));
  await inbox.queue.send("once");
  const path = `/queues/${inbox.queue.name}/drain`;
  await servingTo([vercelCron({ secret })], inbox, async (_, url) => {
    for (const completed of [1, 0]) {
      expect((await send(url + path, "GET", CRON)).json).toMatchObject({ completed });
    }
  });
  expect(seen).toEqual(["once"]);
});

test("the body of whoever has the secret can only narrow the pass", async () => {
  const inbox = tcpWork(() => {}, { maxMessages: 2 });
  await inbox.queue.sendBatch([{ payload: 1 }, { payload: 2 }, { payload: 3 }]);
  const target = `/queues/${inbox.queue.name}/drain`;
  await servingTo([vercelCron({ secret })], inbox, async (_, url) => {
    const ask = (body: string) => send(url + target, "POST", CRON, body);
    expect((await ask('{"maxMessages":')).status).toBe(400);
    expect((await ask('{"handler":"x"}')).status).toBe(400);
    expect((await ask('{"maxMessages":1}')).json).toMatchObject({ completed: 1 });
    expect((await ask('{"maxMessages":99}')).json).toMatchObject({ completed: 2 });
  });
});

test("the secret makes up for no bad signature, and stands beside tokens", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}`;
  const callers = [vercelCron({ secret }), drainer()];
  const use = async (_: unknown, url: string) => {
    const ask = async (key: string) =>
      (await askSigned(url, `${path}/drain`, { key, headers: CRON })).status;
    expect(await ask(KEYS.current)).toBe(200);
    expect(await ask(KEYS.other)).toBe(401);
    const token = { authorization: `Bearer ${TOKENS.send}` };
    const sent = await send(`${url}${path}/messages`, "POST", token, '{"payload":1}');
    expect(sent.status).toBe(202);
    expect((await send(`${url}${path}/drain`, "GET", token)).status).toBe(403);
  };
  await servingTo(callers, inbox, use, { tokens: ACCESS });
});

test("a secret that anybody could guess is refused, and not repeated", () => {
  for (const given of [undefined, "", "short", "undefined", "has spaces in its middle"]) {
    const make = () => vercelCron({ secret: given as string });
    expect(make).toThrow(OptionError);
    if (given !== undefined && given !== "" && given !== "undefined") {
      expect(make).not.toThrow(given);
    }
  }
  expect(() => vercelCron({ secret, scopes: ["send"] } as never)).toThrow(OptionError);
});
