import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import {
  type DashboardOptions,
  dashboard,
  type FetchApp,
  limitAttempts,
} from "../../src/dashboard/index.ts";
import { drain, type Queue, Reject } from "../../src/index.ts";

export const ADMIN = "admin-token-0123456789";
export const READER = "reader-token-0123456789";

/** Runs wherever it is put where markup is taken for markup. */
export const ATTACK = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>'`;

/** A dashboard with a token for each role, and failed sign-ins counted for itself. */
export function dashboardOf(
  queues: DashboardOptions["queues"],
  options: Partial<DashboardOptions> = {},
): FetchApp {
  return dashboard({
    queues,
    tokens: [
      { token: ADMIN, role: "admin" },
      { token: READER, role: "reader" },
    ],
    attempts: limitAttempts(10, 60_000),
    ...options,
  });
}

/** Some of everything: completed, failed, rejected, parked, delayed, in flight and ready messages. */
export async function fill(queue: Queue<unknown>): Promise<void> {
  for (let i = 0; i < 30; i += 1) await queue.send({ order: 1_000 + i, item: "iPhone 15" });
  await queue.send({ order: 7, note: ATTACK }, { idempotencyKey: "ord_7" });
  await queue.send({ order: 8, item: "retry" });
  await drain(queue, ({ payload }) => {
    const { note, item } = payload as { readonly note?: string; readonly item?: string };
    if (note !== undefined) throw new Reject(`No such note: ${note}`);
    if (item === "retry") throw new Error("The bank does not answer.");
    return undefined;
  });
  for (let i = 0; i < 3; i += 1) await queue.send({ order: 2_000 + i }, { delay: `${i + 1} h` });
  for (let i = 0; i < 5; i += 1) await queue.send({ order: 3_000 + i, item: "MacBook" });
}

/** Serves an app on a free port of the loopback. */
export async function serveApp(app: FetchApp): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(getRequestListener(app.fetch));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
