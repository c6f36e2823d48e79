import type { Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import type { Queue } from "../../../src/index.ts";
import { tcpQueue } from "../../support/stores.ts";
import { fill } from "../support.ts";
import { browserTest, closeBrowser, type Opened, open } from "./chromium.ts";

afterAll(closeBrowser);

const TABS = ["", "in-flight", "parked", "delayed", "dead-letters", "messages", "passes", "send"];

/** Every page of a queue in turn, with its charts drawn and everything opened; and those about errors. */
async function* everyPage({ page, url }: Opened, queue: Queue<unknown>) {
  const { name } = queue;
  const [letter] = await queue.deadLetters.list();
  const paths = [
    "/",
    ...TABS.map((tab) => `/queues/${name}/${tab}`.replace(/\/$/, "")),
    `/queues/${name}/dead-letters?done=redriven&count=1&of=2`,
    `/queues/${name}/messages/${letter?.originalId}`,
    `/queues/${name}/messages/1-0`,
    `/queues/${name}/messages/nowhere`,
    "/nothing",
  ];
  for (const path of paths) {
    await page.goto(`${url}${path}`, { waitUntil: "load" });
    if (path === `/queues/${name}`) await page.locator(".plot canvas").last().waitFor();
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
    yield path;
  }
  await page.context().clearCookies();
  await page.goto(url);
  await page.getByLabel("Token").fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  yield "/sign-in";
}

/** Browsers tell of each page that is no success in their console. */
const unforeseen = ({ complaints }: Opened) =>
  complaints.filter((text) => !/status of 40[014]/.test(text));

async function filled() {
  const queue = tcpQueue();
  await fill(queue);
  return queue;
}

/** Text whose colour is too near to what is behind it (WCAG AA: 4.5 to 1). */
function faintTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const numbers = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const light = (colour: string) => {
      const [r = 0, g = 0, b = 0] = numbers(colour).map((value) => {
        const share = value / 255;
        return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element: Element | null): string => {
      for (let at = element; at !== null; at = at.parentElement) {
        const { backgroundColor } = getComputedStyle(at);
        if ((numbers(backgroundColor)[3] ?? 1) === 1) return backgroundColor;
      }
      return "rgb(255, 255, 255)";
    };
    const faint: string[] = [];
    for (const element of document.querySelectorAll("body *:not(svg, svg *, script)")) {
      const own = [...element.childNodes].some(
        (node) => node.nodeType === 3 && node.textContent?.trim(),
      );
      if (!own || element.getClientRects().length === 0) continue;
      const [one, other] = [light(getComputedStyle(element).color), light(behind(element))];
      const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
      if (ratio < 4.5)
        faint.push(`${element.textContent?.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
    }
    return faint;
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  browserTest(`every page is legible on a system that is ${colorScheme}`, async () => {
    const queue = await filled();
    const opened = await open(queue, { colorScheme });
    for await (const path of everyPage(opened, queue)) {
      expect(await faintTexts(opened.page), path).toEqual([]);
    }
    expect(unforeseen(opened)).toEqual([]);
  });
}

browserTest("the theme follows the system, until one is chosen", async () => {
  const { page } = await open(tcpQueue(), { colorScheme: "dark" });
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  await page.emulateMedia({ colorScheme: "light" });
  const light = await background();
  expect(light).not.toBe(dark);
  await page.getByRole("button", { name: "Dark" }).click();
  await page.locator('html[data-theme="dark"]').waitFor();
  expect(await background()).toBe(dark);
  expect(await page.getByRole("button", { name: "Dark" }).getAttribute("aria-pressed")).toBe(
    "true",
  );
  await page.emulateMedia({ colorScheme: "dark" });
  await page.getByRole("button", { name: "Light" }).click();
  await page.locator('html[data-theme="light"]').waitFor();
  expect(await background()).toBe(light);
});

browserTest("on a phone of 360 pixels no page is wider than the screen", async () => {
  const queue = await filled();
  const opened = await open(queue, { viewport: { width: 360, height: 740 } });
  for await (const path of everyPage(opened, queue)) {
    const beyond = await opened.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(beyond, path).toBe(0);
  }
});

browserTest("everything that can be used has a name, and every field a label", async () => {
  const queue = await filled();
  const opened = await open(queue);
  for await (const path of everyPage(opened, queue)) {
    const unnamed = await opened.page.evaluate(() =>
      [
        ...document.querySelectorAll(
          "a, button, input:not([type=hidden], [hidden]), textarea, summary, [role=region], nav",
        ),
      ]
        .filter((element) => {
          const labels = [...((element as HTMLInputElement).labels ?? [])].map(
            (label) => label.textContent,
          );
          const name = [
            element.getAttribute("aria-label"),
            ...labels,
            element.matches("nav, [role=region], input, textarea") ? "" : element.textContent,
          ];
          return !name.join("").trim();
        })
        .map((element) => element.outerHTML.slice(0, 80)),
    );
    expect(unnamed, path).toEqual([]);
    const levels = await opened.page.evaluate(() =>
      [...document.querySelectorAll("h1, h2, h3, h4")].map(({ tagName }) => Number(tagName[1])),
    );
    expect(levels.filter((level) => level === 1).length, path).toBe(1);
    expect(
      levels.every((level, i) => level <= (levels[i - 1] ?? 0) + 1),
      path,
    ).toBe(true);
    expect(await opened.page.getByRole("main").count(), path).toBe(1);
    const tables = opened.page.locator("main table:not(.u-legend)");
    expect(await tables.locator("caption").count(), path).toBe(await tables.count());
  }
});

browserTest("on a phone the view that is shown is in sight among the others", async () => {
  const queue = await filled();
  const { page, url } = await open(queue, { viewport: { width: 360, height: 740 } });
  for (const tab of TABS) {
    await page.goto(`${url}/queues/${queue.name}/${tab}`.replace(/\/$/, ""));
    await page.locator("html.js").waitFor();
    const box = await page.locator(".tabs [aria-current]").boundingBox();
    expect(box?.x, tab).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0), tab).toBeLessThanOrEqual(360);
  }
});

browserTest("nothing moves for those who ask for less of it", async () => {
  const queue = await filled();
  const opened = await open(queue, { reducedMotion: "reduce" });
  for await (const path of everyPage(opened, queue)) {
    const moving = await opened.page.evaluate(() =>
      [...document.querySelectorAll("*")]
        .filter((element) => {
          const { transitionDuration, animationName } = getComputedStyle(element);
          return Number.parseFloat(transitionDuration) > 0 || animationName !== "none";
        })
        .map(({ outerHTML }) => outerHTML.slice(0, 80)),
    );
    expect(moving, path).toEqual([]);
  }
});

browserTest(
  "by keyboard alone one skips to the content, sees where one is, and pauses a queue",
  async () => {
    const queue = await filled();
    const { page, url } = await open(queue);
    await page.goto(`${url}/queues/${queue.name}`);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(
      "Skip to the content",
    );
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      return { text: element.textContent, outline: getComputedStyle(element).outlineStyle };
    });
    expect(focused).toEqual({ text: "Pause", outline: "solid" });
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Resume" }).waitFor();
    expect((await queue.stats()).paused).toBe(true);
  },
);
