import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { onTestFinished, test } from "vitest";
import type { DashboardOptions } from "../../../src/dashboard/index.ts";
import { ADMIN, dashboardOf, serveApp } from "../support.ts";

/** It talks to nobody but the pages that it is shown. */
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
];

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const executablePath = process.env.CHROMIUM ?? findChromium();

function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A test in Chromium. @throws Error where there is none: whoever asks for these tests wants them run. */
export function browserTest(name: string, body: () => Promise<void>): void {
  if (executablePath === undefined) {
    throw new Error("There is no chromium for the tests: install one, or name it in CHROMIUM.");
  }
  test(name, body);
}

let launching: Promise<Browser> | undefined;

/** One browser for all tests of a file; it ends with the process of the file. */
function browser(): Promise<Browser> {
  launching ??= chromium.launch({
    executablePath: executablePath ?? "",
    // Containers run as root, without the kernel's sandbox.
    args: [...QUIET, ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
  });
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
