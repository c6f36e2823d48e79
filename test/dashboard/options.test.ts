import { expect, test } from "vitest";
import { dashboardFrom } from "../../functions/http/dashboard.ts";
import { type DashboardOptions, dashboard, limitAttempts } from "../../src/dashboard/index.ts";
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
    [{ queues: [undefined] as never }, /`queues` to be queues/],
    [{ queues: { queues: 1 } as never }, /`queues` to be queues/],
    [{ queues: { name: "orders" } as never }, /`queues` to be queues/],
    [{ tokens: [] }, /at least one token/],
    [{ tokens: [null] as never }, /each of `tokens`/],
    [{ tokens: [{ token: "", role: "admin" }] }, /Is the variable set\?/],
    [{ tokens: [{ token: "only fifteen ch", role: "admin" }] }, /16 printable/],
    [{ tokens: [{ token: ADMIN, role: "owner" as "admin" }] }, /`role`/],
    [{ tokens: [...tokens, { token: ADMIN, role: "reader" }] }, /each token once/],
    [{ basePath: "dashboard" }, /`basePath`/],
    [{ basePath: "/a/:b" }, /`basePath`/],
    [{ refresh: "10 ms" }, /`refresh`/],
    [{ sessionTime: "1 s" }, /`sessionTime`/],
    [{ origin: "https://example.com/path" }, /`origin`/],
    [{ attempts: 5 as never }, /`limitAttempts` returns/],
    [{ onError: "log" as never }, /`onError`/],
    [{ path: "/x" } as object, /got `path`/],
  ];
  for (const [options, message] of refused) {
    expect(build(options)).toThrow(OptionError);
    expect(build(options)).toThrow(message);
  }
});

test("the function of this repository has a dashboard where a token is set, at the origin of its address", () => {
  expect(dashboardFrom({}, store)).toBeUndefined();
  expect(dashboardFrom({ DASHBOARD_TOKEN: "" }, store)).toBeUndefined();
  const env = { DASHBOARD_READER_TOKEN: "reader-token-0123456789" };
  expect(dashboardFrom({ ...env, APP_URL: "https://example.com/app" }, store)).toBeDefined();
  const build = () => dashboardFrom({ ...env, APP_URL: "example.com" }, store);
  expect(build).toThrow(OptionError);
  expect(build).toThrow(/`origin` to be an origin/);
});

test("a limit of attempts that would let everybody or nobody try is refused", () => {
  for (const [limit, perMs] of [
    [0, 60_000],
    [Number.NaN, 60_000],
    [10, 0],
    [10, Number.POSITIVE_INFINITY],
  ] as const) {
    expect(() => limitAttempts(limit, perMs)).toThrow(OptionError);
  }
});

test("a token that is refused is not repeated, nor one in the place of its role", () => {
  const secret = "a secret with spaces";
  for (const one of [
    { token: secret, role: "admin" },
    { token: "0123456789-0123456789", role: secret as "admin" },
  ] as const) {
    expect(build({ tokens: [one] })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(secret) }),
    );
  }
});
