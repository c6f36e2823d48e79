import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { onTestFinished, test } from "vitest";
import { findChromium, launchChromium } from "../../../scripts/chromium.ts";
import type { DashboardOptions } from "../../../src/dashboard/index.ts";
import { ADMIN, dashboardOf, serveApp } from "../support.ts";

/** A test in Chromium. @throws Error where there is none: whoever asks for these tests wants them run. */
export function browserTest(name: string, body: () => Promise<void>): void {
  if (findChromium() === undefined) {
    throw new Error("There is no chromium for the tests: install one, or name it in CHROMIUM.");
  }
  test(name, body);
}

let launching: Promise<Browser> | undefined;

/** One browser for all tests of a file; it ends with the process of the file. */
function browser(): Promise<Browser> {
  launching ??= launchChromium();
  return launching;
}

export async function closeBrowser(): Promise<void> {
  await (await launching)?.close();
  launching = undefined;
}

export interface Opened {
  readonly page: Page;
  /** The address of the dashboard, without a slash at its end. */
  readonly url: string;
  /** What the browser complained of: scripts that failed, and what the policy forbade. */
  readonly complaints: readonly string[];
}

/** A window in which somebody has signed in. */
export async function open(
  queues: DashboardOptions["queues"],
  {
    token = ADMIN,
    dashboard = {},
    prepare,
    ...window
  }: BrowserContextOptions & {
    readonly token?: string;
    readonly dashboard?: Partial<DashboardOptions>;
    readonly prepare?: (page: Page) => Promise<void>;
  } = {},
): Promise<Opened> {
  const served = await serveApp(dashboardOf(queues, dashboard));
  const context = await (await browser()).newContext({
    viewport: { width: 1280, height: 900 },
    ...window,
  });
  onTestFinished(async () => {
    await context.close();
    await served.close();
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || /security policy/i.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await prepare?.(page);
  const url = `${served.url}/dashboard`;
  await page.goto(url);
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Queues" }).waitFor();
  return { page, url, complaints };
}
