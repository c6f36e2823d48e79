import { expect, test, vi } from "vitest";
import { httpApp, signed } from "../../src/runtimes/http/index.ts";
import { serving, tcpWork } from "../runtimes/support.ts";
import { KEYS } from "../signing/keys.ts";
import { serveTwoWorkers } from "../support/two-workers.ts";

// Kicks in workerd, Cloudflare's own runtime: Worker to Worker, and Worker to anybody.

const harness = serveTwoWorkers(
  "sender",
  new URL("./sender.worker.ts", import.meta.url),
  new URL("./app.worker.ts", import.meta.url),
);

interface State {
  readonly handled: readonly string[];
  readonly answers: readonly { status: number; body: string; pathname: string; host: string }[];
}

async function ask<T>(worker: string, url: string): Promise<T> {
  const response = await harness.getWorker(worker).fetch(url);
  return (await response.json()) as T;
}

/** What came of a kick in the Worker, and how far the other was when it ended. */
const kickWith = (kick: object) =>
  ask<{ outcome: string; state: State }>(
    "sender",
    `http://sender/?kick=${encodeURIComponent(JSON.stringify(kick))}`,
  );

const send = (n: string) => ask("app", `http://app/send?n=${n}`);

/** Lets the messages through, and waits for the pass that goes on after it was answered. */
async function finish(...payloads: readonly string[]) {
  for (const n of payloads) await ask("app", `http://app/let-through?n=${n}`);
  await vi.waitFor(async () => {
    const { handled } = await ask<State>("app", "http://app/state");
    expect(handled).toEqual(payloads);
  }, 20_000);
}

test("a kick over a service binding ends before the pass, and the pass goes on: signed or with a token", async () => {
  await send("one");
  const first = await kickWith({ key: KEYS.current });
  expect(first.outcome).toBe("taken");
  expect(first.state.handled).toEqual([]);
  await finish("one");
  await send("two");
  const second = await kickWith({ token: "token-that-may-drain", depth: 4, origin: "https://app" });
  expect([second.outcome, second.state.handled]).toEqual(["taken", ["one"]]);
  await finish("one", "two");
  expect(second.state.answers).toEqual([
    {
      status: 202,
      body: '{"depth":0,"wait":false}',
      pathname: "/queues/orders/drain",
      host: "xdrain",
    },
    {
      status: 202,
      body: '{"depth":4,"wait":false}',
      pathname: "/queues/orders/drain",
      host: "app",
    },
  ]);
});

test("the Worker behind the binding refuses another key, and a queue that it does not know", async () => {
  const before = (await ask<State>("app", "http://app/state")).answers.length;
  const denied = await kickWith({ key: KEYS.other });
  const unknown = await kickWith({ key: KEYS.current, queue: "other" });
  expect([denied.outcome, unknown.outcome]).toEqual(["denied", "not_found"]);
  expect(unknown.state.answers.slice(before).map(({ status }) => status)).toEqual([401, 404]);
});

test("a Worker kicks a server over HTTP, with one request", async () => {
  const handled: unknown[] = [];
  const work = tcpWork(({ payload }) => handled.push(payload));
  const queue = work.queue.name;
  const app = httpApp({
    queues: work,
    callers: [signed({ keys: [KEYS.current], scopes: ["drain"] })],
  });
  const bodies: string[] = [];
  await serving(
    async (request) => {
      bodies.push(await request.clone().text());
      return app.fetch(request);
    },
    async (_, url) => {
      await work.queue.send("one");
      expect((await kickWith({ url, key: KEYS.current, queue, depth: 2 })).outcome).toBe("taken");
      expect((await kickWith({ url, key: KEYS.other, queue })).outcome).toBe("denied");
    },
  );
  expect(handled).toEqual(["one"]);
  expect(bodies).toEqual(['{"depth":2,"wait":false}', '{"depth":0,"wait":false}']);
});
