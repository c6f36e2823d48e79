import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { expect, inject, onTestFinished, test } from "vitest";
import { keepGoing } from "../../functions/http/passes.ts";
import { inboxQueue } from "../../functions/inbox/queue.ts";
import { serveGateway } from "../../src/gateway/index.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { askAt, serving } from "./support.ts";

// functions/http as a process of its own, told to end while a pass goes on that nobody waits for.

const XDRAIN_TOKEN = "token-of-the-functions";

/** Lets the test say when an answer of the store may come. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

interface Server {
  readonly url: string;
  readonly process: ChildProcess;
  readonly lines: AsyncIterator<string>;
  readonly exited: Promise<unknown>;
}

async function startServer(restUrl: string, token: string, stream: string): Promise<Server> {
  const child = spawn(process.execPath, ["functions/http/main.ts"], {
    env: {
      ...process.env,
      HOST: "127.0.0.1",
      PORT: "0",
      UPSTASH_REDIS_REST_URL: restUrl,
      UPSTASH_REDIS_REST_TOKEN: token,
      INBOX_STREAM: stream,
      WEBHOOK_SECRET: "secret-of-the-webhook",
      XDRAIN_TOKEN,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exited = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  if (child.stdout === null) throw new Error("Expected a pipe.");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const { port } = JSON.parse((await lines.next()).value ?? "{}");
  return { url: `http://127.0.0.1:${port}`, process: child, lines, exited };
}

const refuses = (url: string) =>
  fetch(url).then(
    () => false,
    () => true,
  );

test("a server that is told to end lets its passes end first, and takes no request meanwhile", async () => {
  const token = "token-of-the-rest-front";
  const gateway = await serveGateway({ redis: inject("redisUrl"), token });
  onTestFinished(() => gateway.close());
  const stream = uniqueName("inbox");
  const queue = inboxQueue(tcpStore(), { stream });
  await queue.send({ event: "push", delivery: "d-1", payload: {} });

  const asked = gate();
  const answering = gate();
  const slowly = async (request: Request) => {
    const { method, headers } = request;
    const body = await request.text();
    const answer = await fetch(gateway.url, { method, headers, body });
    const text = await answer.text();
    asked.open();
    await answering.opened;
    return new Response(text, { status: answer.status });
  };
  await serving(slowly, async (_, restUrl) => {
    const server = await startServer(restUrl, token, stream);
    const body = { wait: false };
    const reply = await askAt(server.url, "/queues/inbox/drain", { token: XDRAIN_TOKEN, body });
    expect(reply.status).toBe(202);
    await asked.opened;

    server.process.kill("SIGTERM");
    await expect.poll(() => refuses(server.url), { timeout: 10_000 }).toBe(true);
    expect(server.process.exitCode).toBeNull();

    answering.open();
    expect(JSON.parse((await server.lines.next()).value)).toMatchObject({
      message: "pass",
      completed: 1,
    });
    expect(await server.exited).toBe(0);
  });
  expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0 });
});

test("when the grace is over the passes are told so, and then waited for", async () => {
  const { waitUntil, signal, end } = keepGoing(0);
  const pass = new Promise<string>((resolve) => {
    signal.addEventListener("abort", () => resolve("given back"));
  });
  waitUntil(pass);
  await end(Promise.resolve());
  expect([signal.aborted, await pass]).toEqual([true, "given back"]);
});

test("passes that end in time are never told, however they end", async () => {
  const { waitUntil, signal, end } = keepGoing(60_000);
  const late = gate();
  waitUntil(Promise.reject(new Error("The store is gone.")));
  // A request that was being read may begin a pass while the server closes.
  const closed = late.opened.then(() => waitUntil(Promise.resolve()));
  const ended = end(closed);
  late.open();
  await ended;
  expect(signal.aborted).toBe(false);
});
