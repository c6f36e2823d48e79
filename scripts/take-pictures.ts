// Takes the README's pictures of the dashboard: real passes over a real redis-server, whose clock runs
// through an hour in seconds. The orders are made up, the page is not. `npm run pictures` writes them.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { createQueue, drain, type Message, type Queue, Reject, Retry } from "../src/index.ts";
import { ioredis } from "../src/redis/ioredis.ts";
import { ADMIN, dashboardOf, serveApp } from "../test/dashboard/support.ts";
import { launchChromium } from "./chromium.ts";
import { type ClockedRedis, startClockedRedis } from "./redis-clock.ts";

const FOLDER = join(import.meta.dirname, "../docs/pictures");
const FONTS = join(import.meta.dirname, "pictures.fonts.conf");
const SECOND = 1_000;
const HALF_MINUTE = 30 * SECOND;
const HALVES = 120;
const START = Date.UTC(2026, 0, 14, 9, 3);

interface Order {
  readonly order: number;
  readonly item: string;
}

const ITEMS = ["Desk lamp", "Notebook", "Headphones", "Coffee grinder", "Backpack", "Keyboard"];
let ordered = 48_000;

/** The next orders, to be sent. */
function orders(count: number): { readonly payload: Order }[] {
  return Array.from({ length: count }, () => {
    ordered += 1;
    return { payload: { order: ordered, item: ITEMS[ordered % ITEMS.length] ?? "" } };
  });
}

/** How many orders arrive in half a minute: they come in waves, and once in a rush. */
function arriving(minute: number): number {
  const rush = minute >= 19 && minute <= 22 ? 190 : 0;
  return Math.round(62 + 14 * Math.sin(minute / 5) + 9 * Math.sin(minute * 2.3)) + rush;
}

/** Ships an order. For some minutes the payment service fails every fifth request. */
async function ship(message: Message<Order>, minute: number): Promise<void> {
  const { order } = message.payload;
  await setTimeout(order % 37 === 0 ? 120 : 4 + ((order * 7) % 29));
  if (order % 1_709 === 0) throw new Reject("The card was declined: insufficient funds");
  if (order % 1_301 === 0) throw new Retry("15 m");
  const every = minute >= 41 && minute <= 45 ? 5 : 61;
  const request = order + 7 * message.deliveries;
  if (request % every === 0) throw new Error("Payments answered 503: Service Unavailable");
}

/** The queue as a function sees it that has just started: it has not learned the server's time. */
function open({ url }: ClockedRedis): { readonly queue: Queue<Order>; close(): void } {
  const store = ioredis({ url });
  return { queue: createQueue<Order>({ name: "orders", store }), close: () => store.close() };
}

/** An hour of sends and passes, one each half minute. */
async function workForAnHour(redis: ClockedRedis): Promise<void> {
  for (let half = 0; half < HALVES; half += 1) {
    const minute = Math.floor(half / 2);
    const at = START + half * HALF_MINUTE;
    const { queue, close } = open(redis);
    redis.setClock(at + 17 * SECOND);
    await queue.sendBatch(orders(arriving(minute)));
    redis.setClock(at + 18 * SECOND + (half % 5) * 400);
    await drain(queue, (message) => ship(message, minute), { concurrency: 60, maxMessages: 150 });
    close();
  }
}

/** The queue's page, down to the end of its first chart. */
async function photograph(browser: Browser, url: string, colorScheme: "light" | "dark") {
  const viewport = { width: 1_280, height: 1_000 };
  const page = await browser.newPage({ viewport, colorScheme, deviceScaleFactor: 2 });
  await page.goto(`${url}/dashboard`);
  await page.getByLabel("Token").fill(ADMIN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "orders" }).first().click();
  await page.locator(".plot canvas").last().waitFor();
  const chart = await page.locator(".chart").first().boundingBox();
  const height = Math.round((chart?.y ?? 0) + (chart?.height ?? 0)) + 12;
  const path = join(FOLDER, `dashboard-${colorScheme}.png`);
  await page.screenshot({ path, clip: { x: 0, y: 0, width: viewport.width, height } });
  execFileSync("pngquant", ["--force", "--speed=1", "--quality=90-100", `--output=${path}`, path]);
}

const started = await startClockedRedis(START);
if (started === undefined) throw new Error("Expected redis-server and libfaketime: install both.");
const redis = started;
await workForAnHour(redis);
const now = START + HALVES * HALF_MINUTE - 4 * SECOND;
redis.setClock(now);
const { queue, close } = open(redis);
await queue.sendBatch(orders(3).map(({ payload }) => ({ payload, delay: "2 h" })));
await queue.sendBatch(orders(18));

/** Pictures of the queue while this very pass works on it, and more has come in. */
async function takePictures(): Promise<void> {
  await queue.sendBatch(orders(34));
  redis.setClock(now + 2 * SECOND);
  const served = await serveApp(dashboardOf(queue));
  const browser = await launchChromium({ FONTCONFIG_FILE: FONTS });
  for (const scheme of ["light", "dark"] as const) await photograph(browser, served.url, scheme);
  await browser.close();
  await served.close();
}

let taking: Promise<void> | undefined;
function whileTaking(): Promise<void> {
  taking ??= takePictures();
  return taking;
}
await drain(queue, whileTaking, { concurrency: 18, maxMessages: 18, maxDuration: "5 m" });
await taking;
close();
await redis.stop();
