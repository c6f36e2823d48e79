import { afterAll, expect } from "vitest";
import { drain, Reject } from "../../../src/index.ts";
import { tcpQueue } from "../../support/stores.ts";
import { ATTACK, fill } from "../support.ts";
import { browserTest, closeBrowser, open } from "./chromium.ts";

afterAll(closeBrowser);

const PAGES = ["", "in-flight", "parked", "delayed", "dead-letters", "messages", "passes", "send"];

browserTest("a queue is read from the first page on, and its charts are drawn", async () => {
  const queue = tcpQueue();
  await fill(queue);
  const { page, complaints } = await open(queue);
  await page.getByRole("link", { name: queue.name }).click();
  await page.getByRole("heading", { name: queue.name, level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll(".plot canvas").length === 3);
  const drawn = await page
    .locator(".plot canvas")
    .first()
    .evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const pixels = (canvas as HTMLCanvasElement)
        .getContext("2d")
        ?.getImageData(0, 0, width, height);
      return pixels?.data.some((value) => value > 0);
    });
  expect(drawn).toBe(true);
  await page.getByText("Numbers").first().click();
  await page.getByRole("columnheader", { name: "Completed" }).first().waitFor();
  await page
    .getByRole("navigation", { name: /Views of/ })
    .getByRole("link", { name: /^Parked/ })
    .click();
  await page.getByRole("table", { name: "Parked messages" }).waitFor();
  expect(complaints).toEqual([]);
});

browserTest("dead letters are ticked and redriven", async () => {
  const queue = tcpQueue();
  await queue.sendBatch([1, 2, 3].map((payload) => ({ payload })));
  await drain(queue, () => {
    throw new Reject("no card");
  });
  const { page, url, complaints } = await open(queue);
  await page.goto(`${url}/queues/${queue.name}/dead-letters`);
  const all = page.getByLabel("All 3 shown");
  await all.check();
  expect(await page.locator('input[name="id"]:checked').count()).toBe(3);
  await page.getByLabel(/^Tick/).first().uncheck();
  expect(await all.evaluate((box) => (box as HTMLInputElement).indeterminate)).toBe(true);
  await page.getByRole("button", { name: "Redrive the ticked" }).click();
  await page.getByText("2 dead letters sent again").waitFor();
  expect(await queue.depth()).toMatchObject({ dead: 1, entries: 2 });
  expect(new URL(page.url()).search).toBe("");
  expect(complaints).toEqual([]);
});

browserTest("a queue is paused and resumed", async () => {
  const queue = tcpQueue();
  await queue.send(1);
  const { page, url, complaints } = await open(queue);
  await page.goto(`${url}/queues/${queue.name}`);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.locator(".badge", { hasText: "Paused" }).waitFor();
  expect((await queue.stats()).paused).toBe(true);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.locator(".badge", { hasText: "Waiting for a pass" }).waitFor();
  expect((await queue.stats()).paused).toBe(false);
  expect(complaints).toEqual([]);
});

browserTest("a message is sent, found by its id, and its story told", async () => {
  const queue = tcpQueue();
  const { page, url } = await open(queue);
  await page.goto(`${url}/queues/${queue.name}/send`);
  await page.getByLabel("Payload").fill("{broken");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("alert").getByText("Expected the payload to be JSON.").waitFor();
  await page.getByLabel("Payload").fill('{"order": 17}');
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText("The message is sent.").waitFor();
  const id = (await page.locator(".message-id code").textContent()) ?? "";
  await page.goto(`${url}/queues/${queue.name}`);
  await page.getByLabel("Id of a message").fill(id);
  await page.keyboard.press("Enter");
  await page.getByText("It waits for a pass to take it").waitFor();
  expect(await page.getByLabel("Payload").textContent()).toContain('"order": 17');
});

browserTest("markup in payloads, errors and keys stays text on every page", async () => {
  const queue = tcpQueue();
  await fill(queue);
  const { id } = await queue.send({ [ATTACK]: ATTACK }, { idempotencyKey: ATTACK });
  const { page, url, complaints } = await open(queue);
  for (const path of [...PAGES, `messages/${id}`]) {
    await page.goto(`${url}/queues/${queue.name}/${path}`.replace(/\/$/, ""));
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
    expect(await page.title()).toContain(queue.name);
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("script:not([src])").count()).toBe(0);
  }
  await page.goto(`${url}/queues/${queue.name}/dead-letters`);
  expect(await page.locator(".letter .error").first().textContent()).toContain(ATTACK);
  expect(complaints).toEqual([]);
});

browserTest("without scripts everything can be read, and changed", async () => {
  const queue = tcpQueue();
  await fill(queue);
  const { page, url } = await open(queue, { javaScriptEnabled: false });
  for (const path of PAGES) {
    await page.goto(`${url}/queues/${queue.name}/${path}`.replace(/\/$/, ""));
    expect(await page.getByRole("heading", { name: queue.name, level: 1 }).count()).toBe(1);
  }
  await page.goto(`${url}/queues/${queue.name}`);
  await page.getByText("Numbers").first().click();
  await page.getByRole("table", { name: "Throughput by the minute" }).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("The queue is paused").waitFor();
  await page.goto(`${url}/queues/${queue.name}/dead-letters`);
  await page.getByRole("button", { name: "Redrive all 1 shown" }).click();
  await page.getByText("1 dead letter sent again").waitFor();
  await page.getByRole("button", { name: "Dark" }).click();
  expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
});
