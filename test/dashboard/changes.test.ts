import { expect, onTestFinished, test } from "vitest";
import { createQueue, drain, Reject, type Store, StoreError } from "../../src/index.ts";
import { inspect } from "../../src/inspect/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { READER as READ_ONLY, startGateway } from "../gateway/support.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { tcpQueue, tcpStore } from "../support/stores.ts";
import { faultyStore } from "../support/transports.ts";
import { ADMIN, dashboardOf, READER } from "./support.ts";
import { BASE, signedIn, type Visitor, visitor } from "./visitor.ts";

/** A queue, and an admin who posts forms to it with the proof of the session. */
async function adminOf(queue = tcpQueue()) {
  const admin = await signedIn(dashboardOf(queue), ADMIN);
  const path = `/queues/${queue.name}`;
  const proof = await admin.proof();
  const post = (change: string, form: Record<string, string> = {}) =>
    admin.post(`${path}/${change}`, { proof, ...form });
  return { queue, admin, path, proof, post };
}

/** Follows a redirect and returns the page. */
async function pageBehind(response: Response, somebody: Visitor): Promise<string> {
  expect(response.status).toBe(303);
  return somebody.text((response.headers.get("location") ?? "").slice(BASE.length));
}

/** Makes dead letters of so many messages. */
async function fail(queue: ReturnType<typeof tcpQueue>, count: number): Promise<readonly string[]> {
  await queue.sendBatch(Array.from({ length: count }, (_, n) => ({ payload: n })));
  await drain(queue, () => {
    throw new Reject("no");
  });
  return (await queue.deadLetters.list()).map(({ id }) => id);
}

/** Every change there is, with a form that would do. */
const CHANGES: readonly (readonly [string, Record<string, string>])[] = [
  ["pause", {}],
  ["resume", {}],
  ["send", { payload: "1" }],
  ["cancel", { id: "d1-1-a" }],
  ["dead-letters", { change: "redrive", id: "1-0" }],
  ["claim", { id: "1-0", to: "dead" }],
  ["replay", { from: "0" }],
];

test("readers change nothing, whatever they send, and are shown no forms that change queues", async () => {
  const queue = tcpQueue();
  await queue.send(1, { delay: "1 h" });
  await fail(queue, 1);
  const reader = await signedIn(dashboardOf(queue), READER);
  const proof = await reader.proof();
  const before = await queue.stats();
  for (const [change, form] of CHANGES) {
    const response = await reader.post(`/queues/${queue.name}/${change}`, { proof, ...form });
    expect(response.status, change).toBe(403);
    expect(await response.text()).toContain("You may look, and change nothing.");
  }
  const { at: _, oldestReadyAgeMs: __, ...after } = await queue.stats();
  expect(before).toMatchObject(after);
  for (const path of ["", "/delayed", "/dead-letters", "/send", "/in-flight"]) {
    const page = await reader.text(`/queues/${queue.name}${path}`);
    const actions = [...page.matchAll(/<form method="post" action="([^"]+)"/g)].map(([, to]) => to);
    expect(new Set(actions)).toEqual(new Set([`${BASE}/theme`, `${BASE}/sign-out`]));
  }
});

test("a change needs a session, an origin of ours and the proof of the session", async () => {
  const { queue, admin, path, proof } = await adminOf();
  for (const [change, form] of CHANGES) {
    const to = `${path}/${change}`;
    const unsigned = await visitor(dashboardOf(queue)).post(to, { proof, ...form });
    expect(unsigned.status, change).toBe(401);
    const elsewhere = await admin.post(to, { proof, ...form }, { origin: "https://evil.example" });
    expect(elsewhere.status, change).toBe(403);
    const unproven = await admin.post(to, form);
    expect(unproven.status, change).toBe(403);
    const other = await (await signedIn(dashboardOf(queue), ADMIN)).proof();
    const foreign = await admin.post(to, { ...form, proof: other });
    expect(foreign.status, change).toBe(403);
  }
  expect(await queue.stats()).toMatchObject({ paused: false, entries: 0, dead: 0 });
});

test("what is no form is refused, and so is one that is too large", async () => {
  const { admin, path, proof } = await adminOf();
  const json = await admin.post(`${path}/pause`, { proof }, { "content-type": "application/json" });
  expect(json.status).toBe(400);
  const large = await admin.post(`${path}/send`, { proof, payload: "x".repeat(1_000_001) });
  expect(large.status).toBe(413);
});

test("a queue is paused and resumed, and its page says so", async () => {
  const { queue, admin, post } = await adminOf();
  const paused = await pageBehind(await post("pause"), admin);
  expect(paused).toContain("The queue is paused");
  expect(paused).toContain("Paused</span>");
  expect((await queue.stats()).paused).toBe(true);
  const resumed = await pageBehind(await post("resume"), admin);
  expect(resumed).not.toContain("Paused</span>");
  expect((await queue.stats()).paused).toBe(false);
});

test("a message is sent with its key, at once or later, and its page is shown", async () => {
  const { queue, admin, post } = await adminOf();
  const page = await pageBehind(
    await post("send", { payload: '{"order":1}', key: "ord_1" }),
    admin,
  );
  expect(page).toContain("The message is sent.");
  expect(page).toContain("ord_1");
  await pageBehind(await post("send", { payload: "2", key: "", delay: "1 h" }), admin);
  expect(await queue.depth()).toMatchObject({ entries: 1, delayed: 1 });
});

test("what cannot be sent is told beside what was typed", async () => {
  const { queue, post } = await adminOf();
  const cases: readonly (readonly [Record<string, string>, string])[] = [
    [{ payload: "{broken" }, "Expected the payload to be JSON."],
    [{ payload: "1", delay: "soon" }, "Expected `delay`"],
    [{ payload: "1", delay: "9999 d" }, "Expected `delay`"],
  ];
  for (const [form, problem] of cases) {
    const response = await post("send", form);
    expect(response.status).toBe(400);
    const page = await response.text();
    expect(page).toContain(problem);
    expect(page).toContain(`>${form.payload}</textarea>`);
  }
  expect((await queue.stats()).entries).toBe(0);
});

test("what was typed is shown again when the store does not answer, and nothing is read for it", async () => {
  const down = async (): Promise<never> => {
    throw new StoreError("store_unavailable", "Redis does not answer.", {});
  };
  const up = tcpStore();
  const store = { ...up, send: down };
  const { post } = await adminOf(createQueue({ name: uniqueName(), store }));
  Object.assign(store, { read: down, stats: down });
  const response = await post("send", { payload: '"<typed>"', key: "ord_1" });
  expect(response.status).toBe(503);
  const page = await response.text();
  expect(page).toContain("Redis does not answer.");
  expect(page).toContain(">&quot;&lt;typed&gt;&quot;</textarea>");
  expect(page).toContain('value="ord_1"');
});

test("what was typed in a session that has ended is shown again, and sent by the next click", async () => {
  const { queue, admin, path, proof } = await adminOf();
  await admin.signIn(ADMIN);
  const form = { payload: '{"order": 1}', key: "ord_1", delay: "1 h" };
  const stale = await admin.post(`${path}/send`, { ...form, proof });
  expect(stale.status).toBe(403);
  const page = await stale.text();
  expect(page).toContain("Not sent: the form was from another session.");
  expect(page).toContain(">{&quot;order&quot;: 1}</textarea>");
  expect(page).toContain('value="ord_1"');
  expect(await queue.depth()).toMatchObject({ entries: 0, delayed: 0 });
  const shown = /name="proof" value="([^"]+)"/.exec(page)?.[1] ?? "";
  expect((await admin.post(`${path}/send`, { ...form, proof: shown })).status).toBe(303);
  expect(await queue.depth()).toMatchObject({ delayed: 1 });
});

test("a delayed message is taken back once", async () => {
  const { queue, admin, post } = await adminOf();
  const { id } = await queue.send(1, { delay: "1 h" });
  expect(await pageBehind(await post("cancel", { id }), admin)).toContain("taken back.");
  expect(await pageBehind(await post("cancel", { id }), admin)).toContain("Nothing was taken back");
  expect(await queue.depth()).toMatchObject({ delayed: 0 });
});

test("dead letters are redriven: those that were ticked, or all that are shown", async () => {
  const { queue, admin, path, proof, post } = await adminOf();
  const ids = await fail(queue, 5);
  const ticked = [
    ["proof", proof],
    ["change", "redrive"],
    ...ids.slice(0, 2).map((id) => ["id", id]),
  ];
  const response = await admin.post(`${path}/dead-letters`, ticked as [string, string][]);
  expect(await pageBehind(response, admin)).toContain("2 dead letters sent again");
  expect(await queue.depth()).toMatchObject({ dead: 3, entries: 2 });
  const page = await admin.text(`${path}/dead-letters`);
  const shown = /name="shown" value="([^"]+)"/.exec(page)?.[1] ?? "";
  await post("dead-letters", { change: "redrive-shown", shown });
  expect(await queue.depth()).toMatchObject({ dead: 0, entries: 5 });
});

test("dead letters are removed only by the button that says so", async () => {
  const { queue, admin, post } = await adminOf();
  const [id = ""] = await fail(queue, 2);
  expect((await post("dead-letters", { change: "delete", id })).status).toBe(400);
  expect(await pageBehind(await post("dead-letters", { change: "remove" }), admin)).toContain(
    "Nothing was chosen.",
  );
  expect(await queue.depth()).toMatchObject({ dead: 2 });
  const page = await pageBehind(await post("dead-letters", { change: "remove", id }), admin);
  expect(page).toContain("1 dead letter removed for good.");
  expect(await queue.depth()).toMatchObject({ dead: 1, entries: 0 });
});

test("two who redrive the same dead letters at once send each of them once, and are told how many", async () => {
  const queue = tcpQueue();
  const shown = (await fail(queue, 5)).join(" ");
  const app = dashboardOf(queue);
  const both = await Promise.all([signedIn(app, ADMIN), signedIn(app, ADMIN)]);
  const pages = await Promise.all(
    both.map(async (admin) => {
      const form = { proof: await admin.proof(), change: "redrive-shown", shown };
      return pageBehind(await admin.post(`/queues/${queue.name}/dead-letters`, form), admin);
    }),
  );
  const told = pages.map((page) => /data-notice>([^<]+)</.exec(page)?.[1]).toSorted();
  expect(told).toEqual([
    "5 dead letters sent again, as new messages.",
    "No dead letter was sent again: those that were chosen are not there any more.",
  ]);
  expect(await queue.depth()).toMatchObject({ dead: 0, entries: 5 });
});

test("dead letters that somebody else was faster with are told apart", async () => {
  const { queue, admin, post } = await adminOf();
  const ids = await fail(queue, 3);
  await queue.deadLetters.remove(ids.slice(0, 1));
  const form = { change: "redrive-shown", shown: ids.join(" ") };
  expect(await pageBehind(await post("dead-letters", form), admin)).toContain(
    "2 dead letters sent again, as new messages. 1 of those that were chosen is not there any more.",
  );
});

test("a redrive whose response was lost sends each dead letter once", async () => {
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  let losing = false;
  const { store } = faultyStore(redis, () => {
    if (!losing) return undefined;
    losing = false;
    return "response lost";
  });
  const read: Store["read"] = (commands, limits) => tcpStore().read?.(commands, limits) as never;
  const { queue, admin, post } = await adminOf(
    createQueue({ name: uniqueName(), store: { ...store, read } }),
  );
  const shown = (await fail(queue, 3)).join(" ");
  losing = true;
  const response = await post("dead-letters", { change: "redrive-shown", shown });
  expect(losing).toBe(false);
  expect(await pageBehind(response, admin)).toContain("3 dead letters sent again");
  expect(await queue.depth()).toMatchObject({ dead: 0, entries: 3 });
});

test("a parked message is due at once, or made a dead letter, by hand", async () => {
  const { queue, admin, post } = await adminOf(tcpQueue({ backoff: { initial: "1 h" } }));
  const { id } = await queue.send(1);
  await drain(queue, () => {
    throw new Error("later");
  });
  expect(await pageBehind(await post("claim", { id, to: "parked" }), admin)).toContain(
    "due at once",
  );
  const { items } = await inspect(queue).parked();
  expect(items[0]?.dueAt.getTime()).toBeLessThanOrEqual((await queue.stats()).at.getTime());
  expect(await pageBehind(await post("claim", { id, to: "dead" }), admin)).toContain(
    "a dead letter now",
  );
  expect(await queue.depth()).toMatchObject({ parked: 0, dead: 1 });
  expect(await pageBehind(await post("claim", { id, to: "dead" }), admin)).toContain(
    "neither in flight nor parked",
  );
  expect((await post("claim", { id, to: "done" })).status).toBe(400);
});

test("a group is let read again from an entry or a time on", async () => {
  const { queue, admin, post } = await adminOf(tcpQueue({ retention: { count: 100 } }));
  await queue.send(1);
  await drain(queue, () => {});
  expect(await queue.stats()).toMatchObject({ ready: 0 });
  expect(await pageBehind(await post("replay", { from: "0" }), admin)).toContain("reads again");
  expect(await queue.stats()).toMatchObject({ ready: 1 });
  await drain(queue, () => {});
  await post("replay", { from: "2020-01-01T00:00Z" });
  expect(await queue.stats()).toMatchObject({ ready: 1 });
});

test("a time to replay from is one that the pages show, in UTC; what is only like one is refused", async () => {
  const { queue, post } = await adminOf(tcpQueue({ retention: { count: 100 } }));
  await queue.send(1);
  await drain(queue, () => {});
  // V8's Date.parse takes most of these for a day in the past, which would do all work again.
  for (const from of ["yesterday", "5 min", "messages 12", "2020", "2020-13-01", "24:00", ""]) {
    expect((await post("replay", { from })).status, from).toBe(400);
  }
  expect(await queue.stats()).toMatchObject({ ready: 0 });
  const sentAt = new Date(Number((await queue.send(2)).id.split("-")[0]));
  await drain(queue, () => {});
  const shown = `${sentAt.toISOString().slice(0, 19).replace("T", " ")} UTC`;
  for (const from of [shown, shown.slice(0, 19), "2020-01-01", "2020-01-01 00:00 +01:00"]) {
    expect((await post("replay", { from })).status, from).toBe(303);
    expect((await queue.stats()).ready, from).toBeGreaterThan(0);
    await drain(queue, () => {});
  }
});

test("ids that are none are refused as what they are, not looked for", async () => {
  const { post } = await adminOf();
  expect((await post("dead-letters", { change: "redrive", id: "abc" })).status).toBe(400);
  expect((await post("cancel", {})).status).toBe(400);
  expect((await post("claim", { id: "*", to: "dead" })).status).toBe(400);
});

test("with a read-only token of the store everything is shown, and a change says why it is not done", async () => {
  const gateway = await startGateway();
  onTestFinished(() => gateway.close());
  const name = uniqueName();
  await fail(tcpQueue({ name }), 1);
  const store = upstash({ url: gateway.url, token: READ_ONLY });
  const { admin, path, post } = await adminOf(createQueue({ name, store }));
  for (const page of [
    "",
    "/in-flight",
    "/parked",
    "/delayed",
    "/dead-letters",
    "/messages",
    "/passes",
  ]) {
    expect((await admin.get(`${path}${page}`)).status, page).toBe(200);
  }
  for (const [change, form] of [
    ["pause", {}],
    ["send", { payload: "1" }],
  ] as const) {
    const response = await post(change, form);
    expect(response.status).toBe(503);
    expect(await response.text()).toContain("they need read and write");
  }
});
