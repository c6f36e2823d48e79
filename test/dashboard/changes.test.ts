import { expect, onTestFinished, test } from "vitest";
import { createQueue, drain, Reject } from "../../src/index.ts";
import { inspect } from "../../src/inspect/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { READER as READ_ONLY, startGateway } from "../gateway/support.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
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
  expect((await post("replay", { from: "yesterday" })).status).toBe(400);
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
    expect(await response.text()).toContain("token");
  }
});
