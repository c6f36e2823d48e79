// A process beside the measured one: the gateway, or the proxies that add latency. Neither may take
// the event loop of the side that is measured.

import { serveGateway } from "../src/gateway/index.ts";
import { delayedProxy } from "./delay.ts";
import { TOKEN } from "./target.ts";

export type Request =
  | { readonly serve: "gateway"; readonly redisUrl: string }
  | { readonly serve: "proxy"; readonly port: number; readonly roundTripMs: number };

process.on("message", async (request: Request) => {
  const served =
    request.serve === "gateway"
      ? await serveGateway({ redis: request.redisUrl, token: TOKEN })
      : await delayedProxy(request.port, request.roundTripMs);
  process.send?.({ port: served.port });
});
process.on("disconnect", () => process.exit(0));
