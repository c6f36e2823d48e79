import type { Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { drain, Reject } from "../../../src/index.ts";
import { tcpQueue } from "../../support/stores.ts";
import { browserTest, closeBrowser, open } from "./chromium.ts";

afterAll(closeBrowser);

const dashboard = { refresh: "1 s" } as const;

/** Counts what a page asks for by itself; its time goes on only when it is told to. */
async function standStill(page: Page) {
  await page.clock.install();
  const asked: string[] = [];
  page.on("request", (request) => {
    const parts = request.headers()["x-xdrain-parts"];
    if (parts !== undefined) asked.push(parts);
  });
  return asked;
}

/** Makes the page believe that it is hidden, or shown again. */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

browserTest("numbers follow the queue without the page being loaded again", async () => {
  const queue = tcpQueue();
  const { page, url, complaints } = await open(queue, { dashboard });
  await page.goto(`${url}/queues/${queue.name}`);
  await page.evaluate(() => document.body.setAttribute("data-mark", "same page"));
  await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
  await page.waitForFunction(() =>
    document.querySelector(".tiles dd")?.textContent?.startsWith("2"),
  );
  expect(await page.locator("body").getAttribute("data-mark")).toBe("same page");
  expect(complaints).toEqual([]);
});

browserTest("a page asks at each refresh, and not while it is hidden or held", async () => {
  const queue = tcpQueue();
  let asked: string[] = [];
  const { page, url } = await open(queue, {
    dashboard: { refresh: "10 s" },
    prepare: async (page) => {
      asked = await standStill(page);
    },
  });
  await page.goto(`${url}/queues/${queue.name}`);
  asked.length = 0;
  const answered = () =>
    page.waitForResponse(
      (response) => response.request().headers()["x-xdrain-parts"] !== undefined,
    );

  const first = answered();
  await page.clock.runFor(10_500);
  await first;
  expect(asked).toEqual(["head,tiles"]);

  await setHidden(page, true);
  await page.clock.runFor(600_000);
  expect(asked.length).toBe(1);
  const again = answered();
  await setHidden(page, false);
  await again;
  expect(asked[1]).toBe("head,tiles,history,since");

  await page.getByRole("button", { name: "Live" }).click();
  await page.getByRole("button", { name: "Held" }).waitFor();
  await page.clock.runFor(600_000);
  expect(asked.length).toBe(2);
});

browserTest("what is ticked, opened or typed stays while the page updates", async () => {
  const queue = tcpQueue();
  await queue.sendBatch([{ payload: 1 }, { payload: 2 }]);
  await drain(queue, () => {
    throw new Reject("no card");
  });
  const { page, url } = await open(queue, { dashboard });
  await page.goto(`${url}/queues/${queue.name}/dead-letters`);
  await page.getByLabel(/^Tick/).first().check();
  await page.getByLabel("Id of a message").fill("half typed");
  await page.getByLabel("Id of a message").blur();
  const isNext = (response: { request(): { headers(): Record<string, string> } }) =>
    response.request().headers()["x-xdrain-parts"] !== undefined;
  await page.waitForResponse(isNext);
  await page.waitForResponse(isNext);
  expect(await page.locator('input[name="id"]:checked').count()).toBe(1);
  expect(await page.getByLabel("Id of a message").inputValue()).toBe("half typed");
});

browserTest("the numbers of a chart stay open while they follow the queue", async () => {
  const queue = tcpQueue();
  const { page, url } = await open(queue, {
    dashboard: { refresh: "10 s" },
    prepare: (page) => page.clock.install(),
  });
  await page.goto(`${url}/queues/${queue.name}`);
  await page.getByText("Numbers").first().click();
  await queue.send(1);
  await drain(queue, () => {});
  const answered = page.waitForResponse((response) =>
    (response.request().headers()["x-xdrain-parts"] ?? "").includes("history"),
  );
  await page.clock.runFor(61_000);
  await answered;
  await page
    .getByRole("table", { name: "Throughput by the minute" })
    .getByRole("cell", { name: "1" })
    .waitFor();
  expect(await page.locator("details[open]").count()).toBe(1);
});

browserTest("an update that fails is told, and made up for after a while", async () => {
  const queue = tcpQueue();
  const { page, url } = await open(queue, { dashboard, prepare: (page) => page.clock.install() });
  await page.goto(`${url}/queues/${queue.name}`);
  await page.route("**/*", (route) => route.abort());
  await page.clock.runFor(1_500);
  await page.getByRole("button", { name: "Not updated" }).waitFor();
  await page.unroute("**/*");
  await page.clock.runFor(16_000);
  await page.getByRole("button", { name: "Live" }).waitFor();
});

browserTest("who is signed out meanwhile is led to the sign-in", async () => {
  const queue = tcpQueue();
  const { page, url } = await open(queue, { dashboard });
  await page.goto(`${url}/queues/${queue.name}`);
  await page.context().clearCookies();
  await page.getByLabel("Token").waitFor();
});
