import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { inboxApp } from "../../functions/http/app.ts";
import { serveGateway } from "../../src/gateway/index.ts";
import { servingQueues, TOKENS, tcpWork } from "../runtimes/support.ts";
import { tcpStore } from "../support/stores.ts";
import { CANARY, corpus, effort, expectCleanPrototypes, json, text } from "./support.ts";

const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/** Sends bytes over a connection of their own, and reads until it ends or has said something. */
function sendRaw(url: string, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    let answer = "";
    socket.on("data", (data) => {
      answer += data.toString("latin1");
      socket.end();
    });
    socket.on("error", () => resolve(answer));
    socket.on("close", () => resolve(answer));
    socket.end(bytes);
  });
}

function expectHarmless(answer: string): void {
  expect(answer).not.toContain(CANARY);
  expect(answer).not.toMatch(/^HTTP\/1\.1 5\d\d/);
  expectCleanPrototypes();
}

describe("the gateway", () => {
  let gateway: Awaited<ReturnType<typeof serveGateway>>;
  beforeAll(async () => {
    const redis = inject("redisUrl");
    gateway = await serveGateway({ redis, token: CANARY, allowUnknown: false });
  });
  afterAll(() => gateway.close());

  const headers = { authorization: `Bearer ${CANARY}` };
  const post = (path: string, body: string, more: Record<string, string> = {}) =>
    fetch(`${gateway.url}${path}`, { method: "POST", headers: { ...headers, ...more }, body });

  const stillThere = async () => {
    expect(await (await post("/", '["PING"]')).json()).toEqual({ result: "PONG" });
  };

  test("bytes of any kind end in a refusal, and the gateway stays", async () => {
    for (const bytes of corpus<string>("requests"))
      expectHarmless(await sendRaw(gateway.url, bytes));
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 400 });
    const attempt = async (raw: Uint8Array) => expectHarmless(await sendRaw(gateway.url, raw));
    await fc.assert(fc.asyncProperty(bytes, attempt), effort(120));
    await stillThere();
  });

  test("any JSON at any door is an answer or an error, never a crash", async () => {
    const doors = fc.constantFrom("/", "/pipeline", "/multi-exec", "/echo/a", "/%F0%9F/x");
    const encodings = fc.constantFrom({}, { "upstash-encoding": "base64" }, { "x-nobody": "1" });
    const attempt = async (path: string, body: unknown, more: Record<string, string>) => {
      const answer = await post(path, JSON.stringify(body) ?? "", more);
      expect(answer.status).toBeLessThan(500);
      expectHarmless(await answer.text());
    };
    await fc.assert(fc.asyncProperty(doors, json, encodings, attempt), effort(300));
    await stillThere();
  });

  test("a body nested ten thousand deep is refused", async () => {
    const deep = "[".repeat(10_000) + "]".repeat(10_000);
    for (const path of ["/", "/pipeline", "/multi-exec"]) {
      expect((await post(path, deep)).status).toBe(400);
    }
    await stillThere();
  });

  for (const name of ["CONFIG", "SHUTDOWN", "DEBUG", "SUBSCRIBE", "MONITOR", "ACL"]) {
    test(`${name} cannot be reached from within a script, a transaction or a pipeline`, async () => {
      const words =
        name === "CONFIG" || name === "ACL" || name === "DEBUG" ? [name, "GET", "*"] : [name];
      const quoted = words.map((word) => `'${word}'`).join(",");
      const dynamic = `local n = string.reverse('${[...name].reverse().join("")}') return redis.call(n)`;
      for (const script of [
        `return redis.call(${quoted})`,
        `return redis.pcall(${quoted})`,
        dynamic,
      ]) {
        const answer = await post("/", JSON.stringify(["EVAL", script, "0"]));
        expect(await answer.text()).toMatch(/"error"|not allowed|Unknown|NOPERM/i);
      }
      const nested = JSON.stringify([["MULTI"], words, ["EXEC"]]);
      expect(await (await post("/pipeline", nested)).text()).toContain("not available");
      expect(await (await post("/multi-exec", JSON.stringify([words]))).text()).toContain("error");
      await stillThere();
    });
  }
});

describe("the HTTP runtime", () => {
  test("any method, path, header and body is answered, and never with a 500", async () => {
    const inbox = tcpWork();
    await servingQueues(inbox, async (ask) => {
      const base = `/queues/${inbox.queue.name}`;
      const paths = fc.oneof(
        fc.constantFrom(
          "/",
          base,
          `${base}/messages`,
          `${base}/drain`,
          `${base}/health`,
          "/health",
        ),
        text.map(
          (part) => `${base}/${encodeURIComponent(part.replaceAll(/[\ud800-\udfff]/g, "?"))}`,
        ),
        fc.constantFrom(
          "//",
          "/%2e%2e/",
          "/queues/%00/drain",
          "/queues/__proto__/drain",
          "/queues//drain",
        ),
      );
      const tokens = fc.constantFrom(undefined, ...Object.values(TOKENS), CANARY);
      const attempt = async (
        method: string,
        path: string,
        token: string | undefined,
        body: unknown,
      ) => {
        const bodiless = method === "GET" || method === "HEAD";
        const init = {
          method,
          ...(token === undefined ? {} : { token }),
          ...(bodiless ? {} : { body }),
        };
        const reply = await ask(path, init as never);
        expect(reply.status).toBeLessThan(500);
        for (const secret of [...Object.values(TOKENS), CANARY])
          expect(reply.text).not.toContain(secret);
        expectCleanPrototypes();
      };
      const methods = fc.constantFrom(...METHODS);
      await fc.assert(fc.asyncProperty(methods, paths, tokens, json, attempt), effort(300));
    });
  });

  test("a webhook of any body and signature is refused, and its secret stays inside", async () => {
    const app = inboxApp({ WEBHOOK_SECRET: CANARY, XDRAIN_TOKEN: `${CANARY}-drain` }, tcpStore());
    const attempt = async (body: string, signature: string, event: string) => {
      const request = new Request("http://inbox/webhooks", {
        method: "POST",
        headers: { "x-hub-signature-256": signature, "x-github-event": event },
        body,
      });
      const reply = await app.fetch(request);
      expect(reply.status).toBeGreaterThanOrEqual(400);
      expect(reply.status).toBeLessThan(500);
      expect(await reply.text()).not.toContain(CANARY);
    };
    const plain = fc.string({ unit: "grapheme-ascii", maxLength: 80 });
    await fc.assert(fc.asyncProperty(fc.oneof(text, plain), plain, plain, attempt), effort(200));
  });
});
