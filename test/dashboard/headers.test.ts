import { Hono } from "hono";
import { expect, test } from "vitest";
import { createQueue } from "../../src/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { tcpQueue } from "../support/stores.ts";
import { ADMIN, dashboardOf } from "./support.ts";
import { BASE, signedIn, visitor } from "./visitor.ts";

const quiet = () =>
  createQueue({ name: "orders", store: { ...memoryStore(), read: async () => [] } });

test("every answer forbids what does not come from here, frames, guessing of types and keeping copies", async () => {
  const queue = tcpQueue();
  const somebody = await signedIn(dashboardOf(queue), ADMIN);
  const answers = [
    await somebody.get("/"),
    await somebody.get(`/queues/${queue.name}`),
    await somebody.get("/nothing"),
    await somebody.get("/queues/unknown"),
    await somebody.post(`/queues/${queue.name}/pause`, {}),
    await visitor(dashboardOf(queue)).get("/"),
    await visitor(dashboardOf(queue)).get("/sign-in"),
    await visitor(dashboardOf(queue)).post("/sign-in", { token: "x" }),
  ];
  for (const { headers } of answers) {
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy.split("; ")).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "img-src 'self'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ]);
    expect(Object.fromEntries(headers)).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
      "cache-control": "no-store",
      "cross-origin-opener-policy": "same-origin",
    });
  }
});

test("no page has a script, a style or a handler inside", async () => {
  const queue = tcpQueue();
  const somebody = await signedIn(dashboardOf(queue), ADMIN);
  for (const path of ["/", `/queues/${queue.name}`, `/queues/${queue.name}/send`, "/sign-out"]) {
    const page = await somebody.text(path);
    expect(page).not.toMatch(/\sstyle=|<style|\son\w+=|javascript:/);
    for (const [, attributes] of page.matchAll(/<script([^>]*)>/g))
      expect(attributes).toContain("src=");
  }
});

test("what pages load has a hash in its name, is kept for good, and needs no session", async () => {
  const somebody = visitor(dashboardOf(quiet()));
  const page = await somebody.text("/sign-in");
  const files = [...page.matchAll(/(?:src|href)="\/dashboard(\/assets\/[^"]+)"/g)].map(
    ([, file]) => file ?? "",
  );
  expect(files.length).toBeGreaterThan(2);
  for (const file of files) {
    expect(file).toMatch(/-[0-9a-f]{12}\.(css|js|svg)$/);
    const { status, headers } = await somebody.get(file);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(headers.get("content-type")).toMatch(
      /^(text\/(css|javascript); charset=utf-8|image\/svg\+xml)$/,
    );
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
  }
});

test("mounted in another app it keeps to its path, and leaves the others as they were", async () => {
  const app = new Hono();
  const pages = dashboardOf(quiet());
  app.all(`${BASE}/*`, (context) => pages.fetch(context.req.raw));
  app.use(async (context, next) => {
    await next();
    context.header("x-outer", "yes");
  });
  app.get("/health", (context) => context.json({ ok: true }));
  const health = await app.request("/health");
  expect(health.headers.get("content-security-policy")).toBeNull();
  expect(health.headers.get("x-outer")).toBe("yes");
  expect((await app.request("/other")).status).toBe(404);
  expect((await app.request("/other")).headers.get("content-security-policy")).toBeNull();
  const page = await app.request(`${BASE}/sign-in`);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  const inner = await app.request(`${BASE}/nothing`);
  expect(inner.status).toBe(404);
  expect(await inner.text()).toContain("There is no such page.");
  const refused = await app.request(`${BASE}/sign-in`, { method: "POST" });
  expect(refused.status).toBe(403);
  expect(refused.headers.get("content-security-policy")).toContain("default-src 'none'");
});

test("beside an app that is mounted behind it, both keep their own answers to what they do not know", async () => {
  const inner = new Hono();
  inner.notFound((context) => context.json({ error: "unknown_route" }, 404));
  inner.get("/health", (context) => context.json({ ok: true, env: context.env }));
  const app = new Hono();
  const pages = dashboardOf(quiet());
  app.all(`${BASE}/*`, (context) => pages.fetch(context.req.raw));
  app.mount("/", inner.fetch);
  const health = await app.request("/health", {}, { name: "value" });
  expect(await health.json()).toEqual({ ok: true, env: { name: "value" } });
  expect(await (await app.request("/other")).json()).toEqual({ error: "unknown_route" });
  expect(await (await app.request(`${BASE}/other`)).text()).toContain("There is no such page.");
});

test("it stands at the root of a host of its own, or anywhere else", async () => {
  for (const [basePath, home] of [
    ["/", "/"],
    ["/ops/queues", "/ops/queues/"],
  ] as const) {
    const app = dashboardOf(quiet(), { basePath });
    const ask = (path: string) => app.fetch(new Request(`http://localhost${path}`));
    const response = await ask(home);
    expect(response.headers.get("location")).toBe(
      `${home}sign-in?${new URLSearchParams({ next: home })}`,
    );
    const page = await (await ask(`${home}sign-in`)).text();
    expect(page).toContain(`action="${home}sign-in"`);
    const file = /href="([^"]+\.css)"/.exec(page)?.[1] ?? "";
    expect((await ask(file)).status).toBe(200);
  }
  const bare = await dashboardOf(quiet()).fetch(new Request("http://localhost/dashboard"));
  expect(bare.headers.get("location")).toBe("/dashboard/");
});
