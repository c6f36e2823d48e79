import { expect, test } from "vitest";
import { limitAttempts } from "../../src/dashboard/index.ts";
import { createQueue, type Store } from "../../src/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { tcpQueue } from "../support/stores.ts";
import { ADMIN, dashboardOf, READER } from "./support.ts";
import { BASE, signedIn, visitor } from "./visitor.ts";

const HOUR_MS = 3_600_000;

/** A queue with a clock of its own; nothing is asked of it. */
function clockedQueue() {
  const clock = { now: 1_700_000_000_000 };
  const read: Store["read"] = () => expect.fail("It was asked.");
  const store = { ...memoryStore(), read, now: () => clock.now };
  return { clock, queue: createQueue({ name: "orders", store }) };
}

test("who is not signed in is led to the sign-in and back, and sees nothing else", async () => {
  const somebody = visitor(dashboardOf(clockedQueue().queue));
  for (const path of [
    "/",
    "/queues/orders",
    "/queues/orders/parked?after=1",
    "/queues/unknown",
    "/queues/orders/find?id=1-0",
    "/queues/unknown/find?id=1-0",
  ]) {
    const response = await somebody.get(path);
    expect(response.status).toBe(303);
    const next = encodeURIComponent(`${BASE}${path}`).replaceAll("%20", "+");
    expect(response.headers.get("location")).toBe(`${BASE}/sign-in?next=${next}`);
    expect(await response.text()).toBe("");
  }
  const page = await somebody.text("/sign-in?next=/dashboard/queues/orders");
  expect(page).toContain('type="password"');
  expect(page).toContain('value="/dashboard/queues/orders"');
  expect(page).not.toContain(ADMIN);
});

test("a token opens a session in a cookie for our pages alone, which holds nothing of it", async () => {
  const { clock, queue } = clockedQueue();
  const response = await visitor(dashboardOf(queue)).signIn(ADMIN);
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toBe(`${BASE}/`);
  const cookie = response.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(
    /^xdrain_session=[\w.-]+; Max-Age=43200; Path=\/dashboard; HttpOnly; SameSite=Strict$/,
  );
  expect(cookie).not.toContain(ADMIN);
  expect(atob(cookie.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "")).not.toContain(
    ADMIN,
  );
  expect(Number.parseInt(cookie.slice("xdrain_session=".length).split(".")[0] ?? "", 36)).toBe(
    clock.now + 12 * HOUR_MS,
  );
});

test("the cookie is for encrypted connections alone where there is one, before a proxy too", async () => {
  const app = dashboardOf(clockedQueue().queue);
  const direct = await visitor(app, "https://example.com").signIn(ADMIN);
  expect(direct.headers.get("set-cookie")).toContain("; Secure");
  const form = { token: ADMIN };
  const proxied = await visitor(app).post("/sign-in", form, {
    origin: "https://localhost",
    "x-forwarded-proto": "https",
  });
  expect(proxied.status).toBe(303);
  expect(proxied.headers.get("set-cookie")).toContain("; Secure");
});

test("a token that nobody has opens nothing, and is not repeated", async () => {
  const somebody = visitor(dashboardOf(clockedQueue().queue));
  for (const token of ["wrong-token-0123456789", "", ADMIN.slice(0, -1), `${ADMIN}0`]) {
    const response = await somebody.post("/sign-in", { token });
    expect(response.status).toBe(401);
    expect(response.headers.get("set-cookie")).toBeNull();
    const page = await response.text();
    expect(page).toContain("Nobody has this token.");
    if (token !== "") expect(page).not.toContain(token);
  }
});

test("a session ends with its time, and with its token; a changed cookie is none", async () => {
  const { clock, queue } = clockedQueue();
  const app = dashboardOf(queue, { sessionTime: "1 h" });
  const somebody = await signedIn(app, ADMIN);
  const isIn = async (at = app) => {
    const other = visitor(at);
    other.cookie = somebody.cookie;
    return (await other.get("/sign-in")).status === 303;
  };
  expect(await isIn()).toBe(true);
  expect(await isIn(dashboardOf(queue))).toBe(true);
  const others = dashboardOf(queue, { tokens: [{ token: READER, role: "admin" }] });
  expect(await isIn(others)).toBe(false);
  const demoted = dashboardOf(queue, { tokens: [{ token: ADMIN, role: "reader" }] });
  expect(await isIn(demoted)).toBe(false);

  clock.now += HOUR_MS - 1;
  expect(await isIn()).toBe(true);
  clock.now += 1;
  expect(await isIn()).toBe(false);

  const [name, value] = somebody.cookie.split("=") as [string, string];
  const [, id, signature] = value.split(".");
  somebody.cookie = `${name}=${(clock.now + HOUR_MS).toString(36)}.${id}.${signature}`;
  expect(await isIn()).toBe(false);
});

test("after ten wrong tokens in a minute nobody signs in, not even with a right one; sessions go on", async () => {
  const { clock, queue } = clockedQueue();
  const app = dashboardOf(queue);
  const signed = await signedIn(app, ADMIN);
  const guesser = visitor(app);
  for (let i = 0; i < 10; i += 1) {
    expect((await guesser.post("/sign-in", { token: `guess-${i}` })).status).toBe(401);
    clock.now += 1_000;
  }
  const refused = await visitor(app).signIn(ADMIN);
  expect(refused.status).toBe(429);
  expect(refused.headers.get("retry-after")).toBe("50");
  expect(refused.headers.get("set-cookie")).toBeNull();
  expect((await signed.get("/sign-in")).status).toBe(303);
  clock.now += 50_000;
  expect((await visitor(app).signIn(ADMIN)).status).toBe(303);
});

test("tokens that are tried all at once count one by one, and right ones do not count", async () => {
  const app = dashboardOf(clockedQueue().queue);
  for (let i = 0; i < 20; i += 1) expect((await visitor(app).signIn(ADMIN)).status).toBe(303);
  const tries = Array.from({ length: 50 }, (_, i) => visitor(app).signIn(`guess-${i}`));
  const statuses = (await Promise.all(tries)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 401).length).toBe(10);
  expect(statuses.filter((status) => status === 429).length).toBe(40);
});

test("failures are forgotten after their time, and a clock that went back locks nobody out", () => {
  const attempts = limitAttempts(2, 1_000);
  attempts.begin(5_000);
  attempts.begin(5_100);
  expect(attempts.waitMs(5_100)).toBe(900);
  expect(attempts.waitMs(6_000)).toBe(0);
  attempts.begin(6_000);
  expect(attempts.waitMs(6_000)).toBe(100);
  expect(attempts.waitMs(4_000)).toBe(0);
});

test("signing in leads on only to pages of this dashboard", async () => {
  const app = dashboardOf(clockedQueue().queue);
  const elsewhere = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "/other",
    "/dashboard/../admin",
    "/dashboard/%0d%0aset-cookie:a=b\r\nx",
    "javascript:alert(1)",
    "",
  ];
  for (const next of elsewhere) {
    const response = await visitor(app).post("/sign-in", { token: ADMIN, next });
    expect(response.headers.get("location"), next).toBe(`${BASE}/`);
  }
  const next = `${BASE}/queues/orders?x=1`;
  const response = await visitor(app).post("/sign-in", { token: ADMIN, next });
  expect(response.headers.get("location")).toBe(next);
});

test("a form from another site signs nobody in", async () => {
  const app = dashboardOf(clockedQueue().queue);
  for (const origin of ["https://evil.example", "null", "http://localhost:8080"]) {
    const response = await visitor(app).post("/sign-in", { token: ADMIN }, { origin });
    expect(response.status, origin).toBe(403);
    expect(response.headers.get("set-cookie")).toBeNull();
  }
  const body = new URLSearchParams({ token: ADMIN });
  const nameless = new Request(`http://localhost${BASE}/sign-in`, { method: "POST", body });
  const unnamed = await app.fetch(nameless);
  expect(unnamed.status).toBe(403);
});

test("behind a proxy that changes the host the origin that was told counts, and no other", async () => {
  const app = dashboardOf(clockedQueue().queue, { origin: "https://ops.example.com" });
  const post = (origin: string) => visitor(app).post("/sign-in", { token: ADMIN }, { origin });
  expect((await post("https://ops.example.com")).status).toBe(303);
  expect((await post("http://localhost")).status).toBe(403);
  expect((await post("http://ops.example.com")).status).toBe(403);
});

test("signing out takes the cookie away, and needs the proof of the session", async () => {
  const somebody = await signedIn(dashboardOf(tcpQueue()), READER);
  const forged = await somebody.post("/sign-out", { proof: "x".repeat(43) });
  expect(forged.status).toBe(403);
  const response = await somebody.post("/sign-out", { proof: await somebody.proof() });
  expect(response.headers.get("location")).toBe(`${BASE}/sign-in`);
  expect(response.headers.get("set-cookie")).toMatch(
    /^xdrain_session=; Max-Age=0; Path=\/dashboard/,
  );
});

test("a theme is kept in a cookie, for readers too", async () => {
  const somebody = await signedIn(dashboardOf(tcpQueue()), READER);
  expect(await somebody.text("/")).toContain('data-theme="auto"');
  const form = { proof: await somebody.proof(), theme: "dark", next: `${BASE}/queues/a` };
  const response = await somebody.post("/theme", form);
  expect(response.headers.get("location")).toBe(`${BASE}/queues/a`);
  somebody.cookie += `; ${response.headers.get("set-cookie")?.split(";")[0]}`;
  expect(await somebody.text("/")).toContain('data-theme="dark"');
  expect((await somebody.post("/theme", { ...form, theme: '"><b>' })).status).toBe(400);
});
