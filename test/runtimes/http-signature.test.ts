import { expect, test } from "vitest";
import { httpApp } from "../../src/runtimes/http/index.ts";
import { signRequest } from "../../src/signing/index.ts";
import {
  askSigned,
  drainer,
  KEYS,
  NOW,
  send,
  sender,
  sendRaw,
  servingTo,
  slowRequest,
  TestClock,
} from "../signing/support.ts";
import { tcpWork } from "./support.ts";

const SIGNATURE = "xdrain-signature";

test("a header that is not written to the letter is refused", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  await servingTo([drainer()], inbox, async (_, url) => {
    const target = url + path;
    const good = (await signRequest(KEYS.current, { url: target, now: NOW }))[SIGNATURE];
    const altered = [
      good.slice(3), // no version
      good.replace("v1", "v0"),
      good.replace("v1", "v2"),
      good.replace("v1", "V1"),
      good.replace("v1", "v1,"),
      good.replace(/ t=\d+/, ""),
      good.replace(/ n=\w+/, ""),
      good.replace(/ s=\w+/, ""),
      good.replace(/s=\w+/, "s="),
      good.replace(/t=\d+/, "t=1800000001"),
      good.replace(/t=/, "t=0"),
      good.replace(/t=\d+/, "t=1.8e9"),
      good.replace(/n=\w+/, `n=${"0".repeat(32)}`),
      good.replace(/s=\w/, (at) => (at === "s=0" ? "s=1" : "s=0")),
      good.replace(/s=\w+/, (mac) => mac.toUpperCase().replace("S", "s")),
      good.slice(0, -2),
      `${good}00`,
      `${good} s=${"0".repeat(64)}`,
      good.replaceAll(" ", "  "),
      good.replaceAll(" ", ", "),
      `${good}, ${good}`,
      `"${good}"`,
      "",
      " ",
      "v1",
      `v1 ${"t=1 ".repeat(1_000)}`,
      "x".repeat(8_000),
    ];
    expect(new Set([...altered, good]).size).toBe(altered.length + 1);
    for (const value of altered) {
      const reply = await send(target, "POST", { [SIGNATURE]: value });
      expect([reply.status, value.slice(0, 200)]).toEqual([401, value.slice(0, 200)]);
    }
    expect((await send(target, "POST", { [SIGNATURE]: good })).status).toBe(200);
  });
});

test("two signature headers are none, in whichever order they come", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/drain`;
  await servingTo([drainer()], inbox, async (_, url) => {
    const target = url + path;
    const good = (await signRequest(KEYS.current, { url: target, now: NOW }))[SIGNATURE];
    const bad = good.replace(/s=\w+/, `s=${"0".repeat(64)}`);
    const ask = (...values: string[]) =>
      sendRaw(
        target,
        "POST",
        values.flatMap((value) => [SIGNATURE, value]),
      );
    expect(await ask(good)).toBe(200);
    expect(await ask(`  ${good}  `)).toBe(200); // HTTP itself takes the spaces away
    expect(await ask(good, bad)).toBe(401);
    expect(await ask(bad, good)).toBe(401);
    expect(await ask(good, good)).toBe(401);
    expect(await ask("", good)).toBe(401);
  });
});

test("a body beyond the limit is refused before anything is computed over it", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/messages`;
  const body = JSON.stringify({ payload: "x".repeat(100) });
  const options = { maxBodyBytes: 100 };
  const use = async (_: unknown, url: string) => {
    const reply = await askSigned(url, path, { body });
    expect([reply.status, reply.json.error.code]).toEqual([413, "body_too_large"]);
  };
  await servingTo([sender()], inbox, use, options);
  expect(await inbox.queue.depth()).toMatchObject({ entries: 0 });
});

test("the body of a request that is refused anyway is not read", async () => {
  const inbox = tcpWork();
  const target = `http://x/queues/${inbox.queue.name}/messages`;
  let pulled = 0;
  const app = httpApp({ queues: inbox, callers: [sender()] });
  const old = await signRequest(KEYS.current, { url: target, now: NOW - 301_000 });
  for (const headers of [old, { [SIGNATURE]: "v1" }, {}]) {
    const body = new ReadableStream(
      {
        pull(stream) {
          pulled += 1;
          stream.close();
        },
      },
      { highWaterMark: 0 },
    );
    const request = new Request(target, {
      method: "POST",
      headers,
      body,
      duplex: "half",
    } as object);
    expect((await app.fetch(request)).status).toBe(401);
  }
  expect(pulled).toBe(0);
});

test("a signature that became too old while its body came is refused", async () => {
  const inbox = tcpWork();
  const target = `http://x/queues/${inbox.queue.name}/drain`;
  const clock = new TestClock();
  const app = httpApp({ queues: inbox, callers: [drainer({ clock })] });
  const headers = await signRequest(KEYS.current, { url: target, body: "{}", now: NOW });
  const ask = async (slowMs: number) => {
    clock.time = NOW;
    const request = slowRequest(target, headers, "{}", () => clock.pass(slowMs));
    return (await app.fetch(request)).status;
  };
  expect(await ask(300_000)).toBe(200);
  expect(await ask(300_001)).toBe(401);
});

test("where the store of nonces fails nothing is carried out, and the hook is told why", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/messages`;
  const told: unknown[] = [];
  const body = JSON.stringify({ payload: 1 });
  const nonces = { take: () => Promise.reject(new Error("secret-address-of-redis")) };
  const use = async (_: unknown, url: string) => {
    const reply = await askSigned(url, path, { body });
    expect([reply.status, reply.json.error.code]).toEqual([503, "store_unavailable"]);
    expect(reply.text).not.toContain("secret-address");
    const forged = await askSigned(url, path, { body, key: KEYS.other });
    expect(forged.status).toBe(401);
  };
  await servingTo([sender({ nonces })], inbox, use, { onError: (error) => told.push(error) });
  expect(told).toMatchObject([{ cause: { message: "secret-address-of-redis" } }]);
  expect(await inbox.queue.depth()).toMatchObject({ entries: 0 });
});

test("who has no key leaves nothing in the store of nonces", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}/messages`;
  const taken: [string, number][] = [];
  const nonces = {
    take: async (nonce: string, ttlMs: number) => taken.push([nonce, ttlMs]) > 0,
  };
  const body = JSON.stringify({ payload: 1 });
  const nonce = "0123456789abcdef".repeat(2);
  await servingTo([sender({ nonces })], inbox, async (_, url) => {
    await askSigned(url, path, { body, key: KEYS.other });
    await askSigned(url, path, { body, signed: { body: "{}" } });
    await askSigned(url, path, { body, now: NOW - 301_000 });
    expect(taken).toEqual([]);
    await askSigned(url, path, { body, nonce });
    expect(taken).toEqual([[`signed:${nonce}`, 960_000]]);
  });
});
