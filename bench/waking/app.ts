import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { DrainReport } from "../../src/index.ts";
import { httpKick, type Kick } from "../../src/kick/index.ts";
import { type FetchApp, httpApp, signed, type Work } from "../../src/runtimes/http/index.ts";
import { delayedProxy } from "../delay.ts";

const KEY = "a key of the benchmarks, thirty-two bytes or more";

/** A server that makes passes when it is kicked, and the kick that asks for them. */
export interface KickedApp {
  readonly kick: Kick;
  /** What it drains, told before the first kick. */
  serve(works: readonly Work[]): void;
  /** Its passes so far, those of a chain as well: waits until they are over. */
  passes(): Promise<readonly DrainReport[]>;
  close(): Promise<void>;
}

/** Listens on loopback, behind the added latency. */
export async function startApp(latencyMs: number): Promise<KickedApp> {
  const reports: DrainReport[] = [];
  const running: Promise<unknown>[] = [];
  let app: FetchApp | undefined;
  const server = createAdaptorServer({
    fetch: async (request) => app?.fetch(request) ?? new Response(null, { status: 503 }),
  }) as Server;
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const proxy = await delayedProxy((server.address() as AddressInfo).port, latencyMs);

  return {
    kick: httpKick({ url: `http://127.0.0.1:${proxy.port}`, key: KEY }),
    serve(works) {
      app = httpApp({
        queues: works,
        callers: [signed({ keys: [KEY], scopes: ["drain"] })],
        waitUntil: (pass) => running.push(pass),
        onReport: (report) => reports.push(report),
      });
    },
    async passes() {
      for (const pass of running) await pass; // one that asks for another adds it before it ends
      return [...reports];
    },
    async close() {
      await proxy.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
