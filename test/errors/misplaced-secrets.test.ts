import { expect, test } from "vitest";
import { eventBridge } from "../../src/eventbridge/index.ts";
import { createQueue, OptionError } from "../../src/index.ts";
import { bindingKick, httpKick } from "../../src/kick/index.ts";
import { lambdaKick } from "../../src/kick/lambda/index.ts";
import { qstash } from "../../src/qstash/index.ts";
import { vercelCron } from "../../src/runtimes/http/index.ts";
import { signed } from "../../src/signing/index.ts";
import { memoryStore } from "../../src/testing.ts";

const SECRET = "sig_7kYbS3cr3tOfThirtyTwoBytesOrMore";
const given = SECRET as never;

const queueWith = (options: object) =>
  createQueue({ name: "orders", store: memoryStore(), ...options });

test.each<readonly [string, () => unknown]>([
  ["signed", () => signed(given)],
  ["qstash", () => qstash(given)],
  ["vercelCron", () => vercelCron(given)],
  ["httpKick", () => httpKick(`https://user:${SECRET}@example.com` as never)],
  ["httpKick, as its fetch", () => httpKick({ url: "https://a.b", key: SECRET, fetch: given })],
  ["bindingKick, as its binding", () => bindingKick(given, { key: SECRET })],
  ["bindingKick, as its options", () => bindingKick({ fetch: async () => given }, given)],
  ["lambdaKick", () => lambdaKick(given)],
  ["lambdaKick, as its client", () => lambdaKick({ client: given, functionName: "f" })],
  ["eventBridge", () => eventBridge(given)],
  ["eventBridge, as its client", () => eventBridge({ client: given } as never)],
  ["createQueue, as its store", () => queueWith({ store: `redis://:${SECRET}@h` })],
  ["createQueue, as its schema", () => queueWith({ schema: SECRET })],
  ["wake", () => queueWith({ wake: `https://example.com?token=${SECRET}` })],
  ["wake.kick", () => queueWith({ wake: { kick: `https://example.com?token=${SECRET}` } })],
  ["wake.onError", () => queueWith({ wake: { kick: async () => {}, onError: SECRET } })],
])("a secret that is given to %s in the wrong place is not repeated", (_, make) => {
  expect(make).toThrow(OptionError);
  expect(make).toThrow(/got a string\.$/);
  expect(make).not.toThrow(SECRET.slice(0, 20));
});
