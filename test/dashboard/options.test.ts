import { expect, test } from "vitest";
import { type DashboardOptions, dashboard } from "../../src/dashboard/index.ts";
import { createQueue, OptionError, type Store } from "../../src/index.ts";
import { work } from "../../src/runtimes/http/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { ADMIN } from "./support.ts";

const read: Store["read"] = () => expect.fail("It was asked.");
const store = { ...memoryStore(), read };
const orders = createQueue({ name: "orders", store });
const mails = createQueue({ name: "mails", store });
const tokens = [{ token: ADMIN, role: "admin" }] as const;
const build = (options: Partial<DashboardOptions>) => () =>
  dashboard({ queues: orders, tokens, ...options });

test("queues are given alone, as a list, or as work", () => {
  for (const queues of [
    orders,
    [orders, mails],
    work([orders, mails], () => {}),
    [work(orders, () => {}), mails],
  ]) {
    expect(build({ queues })).not.toThrow();
  }
});

test("options that cannot be used are refused before any request", () => {
  const refused: [Partial<DashboardOptions>, RegExp][] = [
    [{ queues: [] }, /at least one queue/],
    [{ queues: [orders, orders] }, /"orders" twice/],
    [{ queues: createQueue({ name: "here", store: memoryStore() }) }, /store is over Redis/],
    [{ tokens: [] }, /at least one token/],
    [{ tokens: [{ token: "", role: "admin" }] }, /Is the variable set\?/],
    [{ tokens: [{ token: "only fifteen ch", role: "admin" }] }, /16 printable/],
    [{ tokens: [{ token: ADMIN, role: "owner" as "admin" }] }, /`role`/],
    [{ tokens: [...tokens, { token: ADMIN, role: "reader" }] }, /each token once/],
    [{ basePath: "dashboard" }, /`basePath`/],
    [{ basePath: "/a/:b" }, /`basePath`/],
    [{ refresh: "10 ms" }, /`refresh`/],
    [{ sessionTime: "1 s" }, /`sessionTime`/],
    [{ origin: "https://example.com/path" }, /`origin`/],
    [{ path: "/x" } as object, /got `path`/],
  ];
  for (const [options, message] of refused) {
    expect(build(options)).toThrow(OptionError);
    expect(build(options)).toThrow(message);
  }
});

test("a token that is refused is not repeated", () => {
  const secret = "a secret with spaces";
  expect(build({ tokens: [{ token: secret, role: "admin" }] })).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining(secret) }),
  );
});
