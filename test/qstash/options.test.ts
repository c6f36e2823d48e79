import { expect, test, vi } from "vitest";
import { OptionError } from "../../src/index.ts";
import { type QstashOptions, qstash } from "../../src/qstash/index.ts";
import { memoryNonces } from "../../src/signing/index.ts";
import { tcpWork } from "../runtimes/support.ts";
import { askSigned, drainer, KEYS, send, sender, servingTo } from "../signing/support.ts";
import { QSTASH_KEYS } from "./keys.ts";
import { qstashDrainer, tokenFor } from "./support.ts";

const good: QstashOptions = {
  currentSigningKey: QSTASH_KEYS.current,
  nextSigningKey: QSTASH_KEYS.next,
  scopes: ["drain"],
};

test("options that cannot be used are refused, and no key is repeated", () => {
  const refused: object[] = [
    { currentSigningKey: undefined },
    { currentSigningKey: "" },
    { currentSigningKey: "sig_short" },
    { currentSigningKey: "sig_with spaces in its middle 00" },
    { nextSigningKey: undefined },
    { nextSigningKey: "undefined" },
    { scopes: [] },
    { scopes: ["all"] },
    { scopes: ["send"] },
    { tolerance: -1 },
    { tolerance: "2 h" },
    { baseUrl: "" },
    { baseUrl: "app.example.com" },
    { baseUrl: "ftp://app.example.com" },
    { baseUrl: "https://user:password-of-a-user@app.example.com" },
    { baseUrl: "https://app.example.com/?a=1" },
    { nonces: {} },
    { url: "https://app.example.com" },
  ];
  for (const options of refused) {
    const make = () => qstash({ ...good, ...options } as QstashOptions);
    expect(make).toThrow(OptionError);
    for (const hidden of ["sig_", "password-of-a-user"]) expect(make).not.toThrow(hidden);
  }
  expect(() => qstash({ ...good, scopes: ["send"], nonces: memoryNonces() })).not.toThrow();
});

test("to make a caller computes nothing", () => {
  const importKey = vi.spyOn(crypto.subtle, "importKey");
  qstash(good);
  expect(importKey).not.toHaveBeenCalled();
});

test("QStash may do what its scopes say, and its token makes up for no other proof", async () => {
  const inbox = tcpWork();
  const path = `/queues/${inbox.queue.name}`;
  const callers = [qstashDrainer(), drainer({ scopes: ["health"] })];
  await servingTo(callers, inbox, async (_, url) => {
    const proof = async (target: string, key: string = QSTASH_KEYS.current) => ({
      "upstash-signature": await tokenFor(url + target, { key }),
    });
    const drain = `${path}/drain`;
    const health = `${path}/health`;
    expect((await send(url + drain, "POST", await proof(drain))).status).toBe(200);
    expect((await send(url + health, "GET", await proof(health))).status).toBe(403);
    const both = async (key: string, qstashKey: string) => {
      const headers = await proof(drain, qstashKey);
      return (await askSigned(url, drain, { key, headers })).status;
    };
    expect(await both(KEYS.current, QSTASH_KEYS.current)).toBe(200);
    expect(await both(KEYS.other, QSTASH_KEYS.current)).toBe(401);
    expect(await both(KEYS.current, QSTASH_KEYS.other)).toBe(401);
  });
});

test("two accounts of QStash stand beside each other, each with its scopes", async () => {
  const inbox = tcpWork();
  const other = qstashDrainer({ currentSigningKey: QSTASH_KEYS.other, scopes: ["health"] });
  const path = `/queues/${inbox.queue.name}/drain`;
  await servingTo([qstashDrainer(), other, sender()], inbox, async (_, url) => {
    const ask = async (key: string) => {
      const token = await tokenFor(url + path, { key });
      return (await send(url + path, "POST", { "upstash-signature": token })).status;
    };
    expect(await ask(QSTASH_KEYS.current)).toBe(200);
    expect(await ask(QSTASH_KEYS.other)).toBe(403);
  });
});
