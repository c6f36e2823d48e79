// Everything that needs an optional package, once, against a real Redis; oldest.hooks.mjs decides which
// versions of them the library gets. Prints what came of it as JSON.

import { dashboard } from "../../src/dashboard/index.ts";
import { createGateway, serveGateway } from "../../src/gateway/index.ts";
import { createQueue, drain, type Store } from "../../src/index.ts";
import { qstash } from "../../src/qstash/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { httpApp, work } from "../../src/runtimes/http/index.ts";
import { tracedDrain, tracedQueue } from "../../src/telemetry/index.ts";
import { QSTASH_KEYS } from "../qstash/keys.ts";

/** Where Redis is, then two tokens of QStash for a drain of the orders: a good one, one without `nbf`. */
const [redis = "", prefix = "", now = "", good = "", refused = ""] = process.argv.slice(2);
const TOKEN = "a-token-of-the-tests";

/** A tenth fails once; text is text whatever is in it. */
async function drained(name: string, store: Store) {
  const queue = createQueue<{ n: number; text: string }>({
    name: `${prefix}-${name}`,
    store,
    backoff: { initial: "1 h", max: "1 h", jitter: "none" },
  });
  const text = 'ü\u0000"1"';
  await queue.sendBatch(
    Array.from({ length: 300 }, (_, n) => ({ payload: { n, text }, idempotencyKey: `${n}` })),
  );
  const seen = new Set<number>();
  const report = await drain(queue, ({ payload, failures }) => {
    if (payload.n % 10 === 0 && failures === 0) throw new Error("The first time.");
    if (payload.text === text) seen.add(payload.n);
  });
  const { parked } = await queue.depth();
  return { seen: seen.size, retried: report.retried, parked, error: report.error };
}

const tcp = ioredis({ url: redis });
const gateway = await serveGateway({ redis, token: TOKEN });
const rest = upstash({ url: gateway.url, token: TOKEN });
const orders = createQueue<number>({ name: `${prefix}-orders`, store: tcp });

async function overHttp() {
  const app = httpApp({
    queues: work(orders, () => {}),
    tokens: [{ token: TOKEN, scopes: ["send"] }],
    callers: [
      qstash({
        currentSigningKey: QSTASH_KEYS.current,
        nextSigningKey: QSTASH_KEYS.next,
        scopes: ["drain"],
        clock: { now: () => Number(now) },
      }),
    ],
  });
  const ask = async (what: string, headers: Record<string, string>, body: string) => {
    const url = `http://app.example.com/queues/${orders.name}/${what}`;
    const post = { method: "POST", headers: { "content-type": "application/json", ...headers } };
    return app.fetch(new Request(url, { ...post, body }));
  };
  const sent = await ask("messages", { authorization: `Bearer ${TOKEN}` }, '{"payload":1}');
  const unsure = await ask("drain", { "upstash-signature": refused }, "{}");
  const pass = await ask("drain", { "upstash-signature": good }, "{}");
  const { completed } = (await pass.json()) as { readonly completed: number };
  return { sent: sent.status, refused: unsure.status, pass: pass.status, completed };
}

async function onPages() {
  const pages = dashboard({ queues: orders, tokens: [{ token: TOKEN, role: "admin" }] });
  const at = "http://localhost/dashboard/sign-in";
  const body = new URLSearchParams({ token: TOKEN });
  const headers = { origin: "http://localhost" };
  const entered = await pages.fetch(new Request(at, { method: "POST", body, headers }));
  const cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
  const page = await pages.fetch(
    new Request(`http://localhost/dashboard/queues/${orders.name}`, { headers: { cookie } }),
  );
  return { entered: entered.status, shown: (await page.text()).includes(`<h1>${orders.name}`) };
}

async function inSpans() {
  await tracedQueue(orders).send(1);
  return (await tracedDrain(orders, () => {})).completed;
}

/** A cluster needs a newer ioredis than the rest does. */
async function beforeCluster() {
  const front = createGateway({ redis: "redis+cluster://127.0.0.1:1", token: TOKEN });
  const asked = Promise.resolve(front.fetch(new Request("http://localhost/healthz")));
  const refused = await asked.catch((error: Error) => error.message);
  await front.close();
  return refused;
}

const outcome = {
  tcp: await drained("tcp", tcp),
  rest: await drained("rest", rest),
  http: await overHttp(),
  dashboard: await onPages(),
  traced: await inSpans(),
  cluster: await beforeCluster(),
  given: (globalThis as unknown as { givenOldest(): readonly string[] }).givenOldest(),
};
await gateway.close();
tcp.close();
process.stdout.write(JSON.stringify(outcome));
