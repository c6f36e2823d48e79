import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import type { Faults, HttpFault, TcpFault } from "./faults.ts";
import { createFaults, HTTP_RATES } from "./faults.ts";
import { startHttpProxy } from "./http-proxy.ts";
import { seeded } from "./random.ts";
import { relay, startTcpProxy } from "./tcp-proxy.ts";

// The faults that the chaos relies on really happen, each seen from both ends.

const BODY = "0123456789".repeat(20);

function always<Fault extends string>(...faults: Fault[]): Faults<Fault> {
  return {
    draw: () => faults.shift(),
    drawDelayMs: () => 1,
    calm: () => {},
    struck: {} as Record<Fault, number>,
  };
}

/** A server that answers each request with BODY and remembers what arrived. */
async function httpServer() {
  const whole: string[] = [];
  const seen: { bytes: number; ended: Promise<unknown> }[] = [];
  const arrived: (() => void)[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const ended = once(request, "close");
    const record = { bytes: 0, ended };
    seen.push(record);
    let text = "";
    request.on("data", (chunk: Buffer) => {
      record.bytes += chunk.length;
      text += chunk.toString();
    });
    request.on("end", () => {
      whole.push(text);
      response.end(BODY);
      for (const tell of arrived.splice(0)) tell();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    whole,
    seen,
    /** Resolves when so many whole requests have arrived. */
    async requests(count: number) {
      while (whole.length < count) await new Promise<void>((tell) => arrived.push(tell));
    },
  };
}

async function ask(...faults: HttpFault[]) {
  const server = await httpServer();
  const proxy = await startHttpProxy(server.port, always(...faults));
  onTestFinished(() => proxy.close());
  const post = () =>
    fetch(`http://127.0.0.1:${proxy.port}`, { method: "POST", body: BODY }).then((answer) =>
      answer.text(),
    );
  return { server, post };
}

test("without a fault requests and answers pass, several on one connection", async () => {
  const { server, post } = await ask();
  for (let i = 0; i < 3; i += 1) expect(await post()).toBe(BODY);
  expect(server.whole).toEqual([BODY, BODY, BODY]);
});

test("a duplicated request reaches the server twice, and its sender is answered once", async () => {
  const { server, post } = await ask("duplicate");
  expect(await post()).toBe(BODY);
  await server.requests(2);
  expect(server.whole).toEqual([BODY, BODY]);
});

test("a late original reaches the server although its sender was cut off", async () => {
  const { server, post } = await ask("late original");
  await expect(post()).rejects.toThrow();
  await server.requests(1);
  expect(server.whole).toEqual([BODY]);
});

test("a request whose answer is lost was carried out", async () => {
  const { server, post } = await ask("lose answer");
  await expect(post()).rejects.toThrow();
  expect(server.whole).toEqual([BODY]);
});

test("a halved answer does not pass for a whole one, and its request was carried out", async () => {
  const { server, post } = await ask("halve answer");
  await expect(post()).rejects.toThrow();
  expect(server.whole).toEqual([BODY]);
});

test("a halved request arrives in part and is never whole", async () => {
  const { server, post } = await ask("halve request", "cut before");
  await expect(post()).rejects.toThrow();
  await expect(post()).rejects.toThrow();
  await Promise.all(server.seen.map(({ ended }) => ended));
  expect(server.whole).toEqual([]);
  for (const { bytes } of server.seen) expect(bytes).toBeLessThan(BODY.length);
});

test("a request that is cut before it is sent never arrives", async () => {
  const { server, post } = await ask("cut before");
  await expect(post()).rejects.toThrow();
  expect(await post()).toBe(BODY);
  expect(server.whole).toHaveLength(1);
});

/** What a TCP server got, through a proxy, when the connection was over. */
async function throughTcp(chunks: readonly string[], ...faults: TcpFault[]): Promise<string> {
  let end = (_: string) => {};
  const result = new Promise<string>((resolve) => {
    end = resolve;
  });
  const server = createTcpServer((socket: Socket) => {
    let text = "";
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      socket.write("got it");
    });
    socket.on("close", () => end(text));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  const port = (server.address() as { port: number }).port;
  // The faults are for what goes to the server: each answer draws too, behind its chunk.
  const proxy = await startTcpProxy(port, always(...faults));
  onTestFinished(() => proxy.close());
  const client = connect(proxy.port, "127.0.0.1");
  client.on("error", () => {});
  const closed = once(client, "close");
  for (const chunk of chunks) {
    client.write(chunk);
    await Promise.race([once(client, "data"), closed]);
  }
  client.destroy();
  return result;
}

test("a halved chunk arrives in half, and nothing after it", async () => {
  expect(await throughTcp(["abcdef", "more"], "halve")).toBe("abc");
});

test("a halved chunk stays the last one where its receiver takes it later", () => {
  const from = new PassThrough();
  const taken: string[] = [];
  let took = () => {};
  const to = new Duplex({
    read: () => {},
    write(chunk: Buffer, _encoding, done) {
      taken.push(chunk.toString());
      took = done;
    },
  });
  relay(from, to, always<TcpFault>("halve"));
  from.emit("data", Buffer.from("abcdef"));
  from.emit("data", Buffer.from("more"));
  for (let i = 0; i < 3; i += 1) took();
  expect(taken).toEqual(["abc"]);
});

test("a cut connection delivers nothing more", async () => {
  expect(await throughTcp(["abcdef", "more"], "cut")).toBe("");
});

test("a delayed chunk arrives whole, before what comes after it", async () => {
  expect(await throughTcp(["abcdef", "more"], "delay")).toBe("abcdefmore");
});

test("faults strike as often as their rates say, and no more once it is calm", () => {
  const faults = createFaults(HTTP_RATES, seeded(7));
  for (let i = 0; i < 100_000; i += 1) faults.draw();
  for (const [name, rate] of Object.entries(HTTP_RATES)) {
    const struck = faults.struck[name as HttpFault];
    expect(struck).toBeGreaterThan(rate * 80_000);
    expect(struck).toBeLessThan(rate * 120_000);
  }
  const before = { ...faults.struck };
  faults.calm();
  for (let i = 0; i < 1_000; i += 1) expect(faults.draw()).toBeUndefined();
  expect(faults.struck).toEqual(before);
});
