import type { Page, Response } from "playwright-core";
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

const isNext = (response: Response) => response.request().headers()["x-xdrain-parts"] !== undefined;

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
  const answered = () => page.waitForResponse(isNext);

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

browserTest(
  "the list of dead letters follows the queue, for those who may tick them too",
  async () => {
    const queue = tcpQueue();
    const fail = async (payload: number) => {
      await queue.send(payload);
      await drain(queue, () => {
        throw new Reject("no card");
      });
    };
    await fail(1);
    const { page, url } = await open(queue, { dashboard });
    await page.goto(`${url}/queues/${queue.name}/dead-letters`);
    await page.getByLabel("All 1 shown").waitFor();
    await fail(2);
    await page.getByLabel("All 2 shown").waitFor();
  },
);

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

browserTest(
  "where one has scrolled to, and what has the focus, stays while a page updates",
  async () => {
    const queue = tcpQueue();
    const { id } = await queue.send({ lines: Array.from({ length: 200 }, (_, n) => `line ${n}`) });
    const { page, url } = await open(queue, {
      dashboard: { refresh: "10 s" },
      viewport: { width: 360, height: 740 },
      prepare: (page) => page.clock.install(),
    });
    // All parts are due once a page is shown again that was hidden for a minute.
    const goOn = async () => {
      await setHidden(page, true);
      await page.clock.runFor(61_000);
      const answered = page.waitForResponse(isNext);
      await setHidden(page, false);
      await (await answered).finished();
    };

    await page.goto(`${url}/queues/${queue.name}/messages/${id}`);
    const scrollTo = (selector: string) =>
      page.locator(selector).evaluate((element) => {
        element.scrollTo(90, 90);
        return [element.scrollLeft, element.scrollTop];
      });
    const scrolled = [await scrollTo("pre.payload"), await scrollTo(".tabs")];
    expect(scrolled).toEqual([
      [0, 90],
      [90, 0],
    ]);
    await queue.send("The head of the page tells of one more.");
    const payload = page.locator("pre.payload");
    await payload.evaluate((element) => element.setAttribute("data-old", ""));
    await goOn();
    await page.locator(".tabs").getByText("2").waitFor();
    expect(await payload.getAttribute("data-old"), "what is the same is left alone").toBe("");
    const at = (selector: string) =>
      page.locator(selector).evaluate(({ scrollLeft, scrollTop }) => [scrollLeft, scrollTop]);
    expect([await at("pre.payload"), await at(".tabs")]).toEqual(scrolled);

    await page.goto(`${url}/queues/${queue.name}`);
    const last = page.locator("summary").last();
    await last.focus();
    await queue.send(1);
    await drain(queue, () => {});
    await page.evaluate(() => {
      for (const one of document.querySelectorAll("summary")) one.dataset.old = "";
    });
    await goOn();
    await page.locator("summary:not([data-old])").last().waitFor();
    expect(await last.evaluate((element) => element === document.activeElement)).toBe(true);
  },
);

browserTest("what was held while it was being updated stays as it was", async () => {
  const queue = tcpQueue();
  const { page, url } = await open(queue, { dashboard, prepare: (page) => page.clock.install() });
  await page.goto(`${url}/queues/${queue.name}`);
  await queue.send(1);
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const asked = page.waitForRequest("**/queues/**");
  await page.route("**/queues/**", async (route) => {
    await held;
    await route.continue();
  });
  await page.clock.runFor(1_500);
  await asked;
  await page.getByRole("button", { name: "Live" }).click();
  const answered = page.waitForResponse("**/queues/**");
  goOn();
  await (await answered).finished();
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  expect(await page.locator(".tiles dd").first().textContent()).toMatch(/^0/);
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

browserTest(
  "what was typed stays when the session ends, and the page says that it has",
  async () => {
    const queue = tcpQueue();
    const { page, url } = await open(queue, { dashboard });
    await page.goto(`${url}/queues/${queue.name}/send`);
    await page.getByLabel("Payload").fill('{"half": "typed"');
    await page.getByLabel("Payload").blur();
    await page.context().clearCookies();
    await page.getByRole("button", { name: "Signed out" }).waitFor();
    expect(await page.getByLabel("Payload").inputValue()).toBe('{"half": "typed"');
    await page.getByLabel("Payload").fill("");
    await page.getByRole("button", { name: "Signed out" }).click();
    await page.getByLabel("Token").waitFor();
  },
);
