// Serves the inbox by itself: `node functions/http/main.ts`, on PORT (3000 where it is not set) of
// HOST (every address where it is not set).

import { serve } from "@hono/node-server";
import inbox from "./index.ts";
import { logListening } from "./log.ts";
import { closeStore } from "./store.ts";

const port = Number(process.env.PORT ?? 3_000);
const hostname = process.env.HOST ?? "0.0.0.0";
const server = serve({ fetch: inbox.fetch, port, hostname }, (address) =>
  logListening(address.port),
);

/** Requests that run are answered; the passes among them end by their own deadlines. */
process.once("SIGTERM", () => server.close(closeStore));
