import { expect, test } from "vitest";
import { createQueue, drain, OptionError } from "../../src/index.ts";
import { bindingKick, httpKick, type Kick } from "../../src/kick/index.ts";
import { lambdaKick } from "../../src/kick/lambda/index.ts";
import { httpApp } from "../../src/runtimes/http/index.ts";
import { lambda } from "../../src/runtimes/lambda/index.ts";
import { work } from "../../src/runtimes/work.ts";
import { memoryStore } from "../../src/testing.ts";
import { movingClock } from "../conformance/moving-clock.ts";
import { contextWith } from "../runtimes/lambda-events.ts";
import { ACCESS, TOKENS } from "../runtimes/support.ts";

const url = "https://app.example.com";
const token = TOKENS.drain;
const context = contextWith(30_000);

/** A queue in virtual time that never kicks, and all that asks for its passes. */
function drainer() {
  const clock = movingClock();
  const queue = createQueue<number>({ name: "orders", store: memoryStore({ clock }) });
  const works = work(queue, () => {});
  const app = httpApp({ queues: works, tokens: ACCESS ?? [] });
  const handler = lambda({ queues: () => works });
  const ask = async (at: string, init: RequestInit) => app.fetch(new Request(at, init));
  const invoke = async ({ input }: { readonly input: { readonly Payload?: Uint8Array } }) => {
    await handler(JSON.parse(new TextDecoder().decode(input.Payload)), context);
    return { StatusCode: 202, $metadata: {} };
  };
  const client = { send: invoke } as never;
  const kicks: Readonly<Record<string, Kick>> = {
    httpKick: httpKick({ url, token, fetch: ask }),
    bindingKick: bindingKick({ fetch: ask }, { token }),
    lambdaKick: lambdaKick({ client, functionName: "orders-drain" }),
  };
  return { clock, queue, app, handler, kicks };
}

const names = ["httpKick", "bindingKick", "lambdaKick"];

test.each(names)("%s keeps the pass as long as the debounce that it carries", async (name) => {
  const { clock, kicks } = drainer();
  const took = async (request: { readonly depth: number; readonly debounce?: number }) => {
    const startedAt = clock.now();
    await kicks[name]?.({ queue: "orders", ...request });
    return clock.now() - startedAt;
  };
  expect(await took({ depth: 0, debounce: 2_500 })).toBe(2_500);
  expect(await took({ depth: 3, debounce: 10_000 })).toBe(10_000);
  expect(await took({ depth: 0, debounce: 0 })).toBe(0);
  expect(await took({ depth: 0 })).toBe(0);
});

test("a debounce that is none is refused by whoever sends it and whoever gets it", async () => {
  const { app, handler, kicks, queue } = drainer();
  for (const debounce of [-1, 10_001, "soon"]) {
    const said = { depth: 0, debounce } as { depth: number; debounce: never };
    for (const kick of Object.values(kicks)) {
      await expect(kick({ queue: "orders", ...said })).rejects.toThrow(OptionError);
    }
    const body = JSON.stringify(said);
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const init = { method: "POST", headers, body };
    expect((await app.fetch(new Request("http://x/queues/orders/drain", init))).status).toBe(400);
    await expect(handler({ queue: "orders", ...said }, context)).rejects.toThrow(OptionError);
    await expect(drain(queue, () => {}, said)).rejects.toThrow(/`debounce`/);
  }
});
