import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { HTTP_SERVER, needed } from "../../needed.ts";
import { createQueue } from "../../queue.ts";
import type { Service } from "./service.ts";

/** The dashboard of some queues in the Redis of `dev`, on a free port of this machine. */
export async function startDashboard(options: {
  readonly redis: string;
  readonly token: string;
  readonly queues: readonly string[];
}): Promise<Service> {
  const { createAdaptorServer } = await needed("xdrain dev", HTTP_SERVER, () => {
    return import("@hono/node-server");
  });
  const { dashboard } = await import("../../dashboard/index.ts");
  const { ioredis } = await import("../../redis/ioredis.ts");
  const store = ioredis({ url: options.redis });
  const { fetch } = dashboard({
    queues: options.queues.map((name) => createQueue({ name, store })),
    tokens: [{ token: options.token, role: "admin" }],
  });
  // Over HTTP/1 without TLS the adaptor makes a plain http.Server.
  const server = createAdaptorServer({ fetch }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    name: "dashboard",
    url: `http://127.0.0.1:${port}/dashboard`,
    note: "sign in with XDRAIN_TOKEN",
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      store.close();
    },
  };
}
