import { needed } from "../../needed.ts";
import type { Service } from "./service.ts";

const PACKAGE = { "js-redis-server": "0.3.0" };

/** A Redis in JavaScript, inside of this process. */
export async function startEmbedded(): Promise<Service> {
  const { createRedisMock } = await needed("xdrain dev", PACKAGE, () => {
    return import("js-redis-server");
  });
  const server = await createRedisMock({ compatibility: "redis-7.0" });
  return {
    name: "redis",
    url: `redis://127.0.0.1:${server.port}`,
    note: "js-redis-server, since the PATH has no redis-server",
    warning:
      "A Redis in JavaScript, to try things out: in memory only, about 1,000 messages a second, not all of Redis.",
    close: () => server.close(),
  };
}
