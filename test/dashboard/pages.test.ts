import { expect, test } from "vitest";
import { createQueue, drain, Reject, type Store } from "../../src/index.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { memoryStore } from "../../src/testing.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { tcpQueue, tcpStore } from "../support/stores.ts";
import { ADMIN, ATTACK, dashboardOf, fill, READER } from "./support.ts";
import { BASE, signedIn } from "./visitor.ts";

const TABS = [
  "",
  "/in-flight",
  "/parked",
  "/delayed",
  "/dead-letters",
  "/messages",
  "/passes",
  "/send",
];

async function readerOf(queue = tcpQueue()) {
  const reader = await signedIn(dashboardOf(queue), READER);
  return { queue, reader, path: `/queues/${queue.name}` };
}

test("all queues are told at a glance, and one that cannot be read does not hide the others", async () => {
  const queue = tcpQueue();
  await fill(queue);
  const read: Store["read"] = async () => [];
  const broken = createQueue({
    name: "broken",
    store: { ...tcpStore(), read, stats: brokenStats },
  });
  const reader = await signedIn(dashboardOf([queue, broken]), READER);
  const page = await reader.text("/");
  expect(page).toContain(`>${queue.name}</a>`);
  expect(page).toMatch(/Delayed<\/dt><dd><a href="[^"]+">3<\/a>/);
  expect(page).toContain("Cannot be read");
  expect(page).toContain("(store_unavailable)");
});

async function brokenStats(): Promise<never> {
  const { StoreError } = await import("../../src/index.ts");
  throw new StoreError("store_unavailable", "Redis does not answer.", {});
}

test("every page of a queue is there, empty and full, for those who look and those who change", async () => {
  for (const token of [READER, ADMIN]) {
    const queue = tcpQueue();
    const somebody = await signedIn(dashboardOf(queue), token);
    for (const filled of [false, true]) {
      if (filled) await fill(queue);
      for (const tab of TABS) {
        const response = await somebody.get(`/queues/${queue.name}${tab}`);
        expect(response.status, tab).toBe(200);
        expect(await response.text()).toContain(`<h1>${queue.name}`);
      }
    }
  }
});

test("what is in flight is told with its owner and its idle time", async () => {
  const { queue, reader, path } = await readerOf(tcpQueue({ visibilityTimeout: "1 s" }));
  const { id } = await queue.send(1);
  const redis = connectRaw();
  const { stream, group } = queue.resolved.storeQueue;
  await redis.xgroup("CREATE", stream, group, "0");
  await redis.xreadgroup("GROUP", group, "xd:somebody", "STREAMS", stream, ">");
  await redis.xclaim(stream, group, "xd:somebody", 0, id, "IDLE", 90_000, "JUSTID");
  redis.disconnect();
  const page = await reader.text(`${path}/in-flight`);
  expect(page).toContain("<code>xd:somebody</code>");
  expect(page).toMatch(/1 min 3\d s/);
  expect(page).toContain("lease over");
});

test("parked and delayed messages are told with when they are due", async () => {
  const { queue, reader, path } = await readerOf(
    tcpQueue({ backoff: { initial: "50 m", max: "1 h", jitter: "none" } }),
  );
  await queue.send("late", { delay: "3 h" });
  await queue.send("again");
  await drain(queue, () => {
    throw new Error("later");
  });
  expect(await reader.text(`${path}/parked`)).toMatch(
    /<time datetime="[^"]+Z"[^>]*>in (50 min|49 min \d+ s)/,
  );
  const delayed = await reader.text(`${path}/delayed`);
  expect(delayed).toMatch(/>in (3 h|2 h 59 min)/);
  expect(delayed).toContain("&quot;late&quot;");
});

test("dead letters are told with their reason, all lines of their error, their payload and their key", async () => {
  const { queue, reader, path } = await readerOf();
  await queue.send({ total: 1 }, { idempotencyKey: "ord_9" });
  await drain(queue, () => {
    throw new Reject("no card\n    at pay (orders.ts:3)");
  });
  const page = await reader.text(`${path}/dead-letters`);
  for (const text of [
    "rejected",
    "no card\n    at pay (orders.ts:3)",
    "&quot;total&quot;: 1",
    "ord_9",
  ]) {
    expect(page).toContain(text);
  }
});

test("letters of other producers are shown among ours, with all that they say", async () => {
  const { queue, reader, path } = await readerOf();
  await queue.send("mine");
  await drain(queue, () => {
    throw new Reject("no");
  });
  const redis = connectRaw();
  const { dead } = groupKeys(queue.resolved.storeQueue);
  await redis.xadd(dead, "*", "order_id", "ord_1", "failed_at", "1700000000", "reason", "declined");
  await redis.xadd(dead, "*", "order_id", "ord_2");
  redis.disconnect();
  const page = await reader.text(`${path}/dead-letters`);
  const letters = page.split('<li class="letter">').slice(1);
  expect(letters.length).toBe((await queue.depth()).dead);
  expect(letters[0]).toContain("It gives no reason.");
  for (const text of ["from another producer", "declined", "2023-11-14", "ord_1"]) {
    expect(letters[1]).toContain(text);
  }
  expect(letters[1]).not.toMatch(/deliver|failure|undefined/);
  expect(letters[2]).toContain("&quot;mine&quot;");
});

test("lists go on page by page to their end", async () => {
  const { queue, reader, path } = await readerOf();
  await queue.sendBatch(Array.from({ length: 60 }, (_, n) => ({ payload: `number-${n}.` })));
  const seen: string[] = [];
  let next: string | undefined = `${path}/messages`;
  let pages = 0;
  while (next !== undefined) {
    const page: string = await reader.text(next);
    seen.push(...[...page.matchAll(/number-(\d+)\./g)].map(([, n]) => n ?? ""));
    next = /href="([^"]+)" rel="next"/.exec(page)?.[1]?.replaceAll("&amp;", "&").slice(BASE.length);
    pages += 1;
  }
  expect(pages).toBe(3);
  expect(seen).toEqual(Array.from({ length: 60 }, (_, n) => String(59 - n)));
});

test("a message's story is found by its id, typed or linked", async () => {
  const { queue, reader, path } = await readerOf();
  const { id } = await queue.send({ order: 12_345 });
  const found = await reader.get(`${path}/find?id=%20${id}%20`);
  expect(found.headers.get("location")).toBe(`${BASE}${path}/messages/${id}`);
  const page = await reader.text(`${path}/messages/${id}`);
  expect(page).toContain("It waits for a pass to take it");
  expect(page).toContain("12345");
  expect(await reader.text(`${path}/messages/1-0`)).toContain("Nothing of it is there");
  const wrong = await reader.get(`${path}/messages/abc`);
  expect(wrong.status).toBe(400);
  expect(await wrong.text()).toContain("Expected `id`");
});

test("payloads, errors, keys and names are text, whatever is in them", async () => {
  const { queue, reader, path } = await readerOf(tcpQueue({ name: `${uniqueName()}<b>&"/%2F %` }));
  const where = path.replace(queue.name, encodeURIComponent(queue.name));
  const { id } = await queue.send({ [ATTACK]: ATTACK }, { idempotencyKey: ATTACK });
  const later = await queue.send(ATTACK, { delay: "1 h" });
  const look = async () => {
    const paths = [
      "/",
      ...TABS.map((tab) => `${where}${tab}`),
      `${where}/messages/${id}`,
      `${where}/messages/${later.id}`,
    ];
    for (const one of paths) {
      const page = await reader.text(one);
      expect(page, one).toContain("&lt;b&gt;&amp;&quot;");
      expect(page, one).not.toMatch(/<b>|<img|onerror="|<script>/);
      expect(page.match(/<script/g)?.length ?? 0).toBeLessThanOrEqual(4);
    }
  };
  await look();
  expect(await reader.text(`${where}/messages`)).toContain("&lt;img src=x onerror=");
  await drain(queue, () => {
    throw new Reject(ATTACK);
  });
  await look();
  expect(await reader.text(`${where}/dead-letters`)).toContain("&lt;script&gt;document.title");
});

test("an address puts no words of its own into a page", async () => {
  const { reader, path } = await readerOf();
  for (const done of ["<b>hello</b>", "constructor", "__proto__", "toString"]) {
    const page = await reader.text(`${path}?done=${encodeURIComponent(done)}&count=9e99`);
    expect(page).not.toContain("data-notice");
  }
  expect(await reader.text(`${path}?done=redriven&count=3`)).toContain("3 dead letters sent again");
});

test("the theme is changed without telling of the latest change once more", async () => {
  const { reader, path } = await readerOf();
  const page = await reader.text(`${path}/messages?done=redriven&count=3&of=4&before=9-0`);
  expect(page).toContain(`name="next" value="${BASE}${path}/messages?before=9-0"`);
});

test("an age that is only a bound is told as one, in the list of queues too", async () => {
  const queue = tcpQueue();
  const stats = { ...(await queue.stats()), oldestReadyAgeMs: 5_000, oldestReadyAgeIsExact: false };
  const bounded = { ...queue, stats: async () => stats };
  const reader = await signedIn(dashboardOf(bounded), READER);
  expect(await reader.text("/")).toContain("≤ 5 s");
});

test("a page asks for its parts alone, and is told when nobody is signed in any more", async () => {
  const { queue, reader, path } = await readerOf();
  const part = await reader.get(path, { "x-xdrain-parts": "head,tiles" });
  const text = await part.text();
  expect(text.trimStart()).toMatch(/^<div id="part-head" data-part="head" data-every="5000">/);
  expect(text).toContain('id="part-tiles"');
  expect(text).not.toContain("<html");
  expect(text).not.toContain('id="part-history"');
  await queue.send(1);
  expect(await (await reader.get(path, { "x-xdrain-parts": "none" })).text()).toBe("");
  reader.cookie = "";
  expect((await reader.get(path, { "x-xdrain-parts": "head" })).status).toBe(401);
});

test("what is not there is a page that says so", async () => {
  const { reader } = await readerOf();
  for (const path of [
    "/queues/unknown",
    "/nothing",
    "/queues/unknown/parked",
    "/assets/dashboard.css",
  ]) {
    const response = await reader.get(path);
    expect(response.status, path).toBe(404);
    expect(await response.text()).toContain("Not found");
  }
});

test("an error that nobody foresaw keeps its text, and is told to the log", async () => {
  const told: unknown[] = [];
  const failure = new Error("secret of the store");
  const read: Store["read"] = async () => {
    throw failure;
  };
  const store = { ...memoryStore(), read };
  const queue = createQueue({ name: "orders", store });
  const onError = (error: unknown) => {
    told.push(error);
    throw new Error("The log is full.");
  };
  const reader = await signedIn(dashboardOf(queue, { onError }), READER);
  const response = await reader.get("/queues/orders/messages");
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain("secret of the store");
  expect(told).toEqual([failure]);
});
