// Serves the inbox by itself: `node functions/http/main.ts`, on PORT (3000 where it is not set) of
// HOST (every address where it is not set).

import { serve } from "@hono/node-server";
import { answer } from "./index.ts";
import { logListening } from "./log.ts";
import { keepGoing } from "./passes.ts";
import { closeStore } from "./store.ts";

/** Hosts that stop a server kill it ten seconds later, if they are not told otherwise. */
const GRACE_MS = 8_000;

const port = Number(process.env.PORT ?? 3_000);
const hostname = process.env.HOST ?? "0.0.0.0";
const { waitUntil, signal, end } = keepGoing(GRACE_MS);
const fetch = (request: Request) => answer(request, { waitUntil, passes: { signal } });
const server = serve({ fetch, port, hostname }, (address) => logListening(address.port));

/**
 * No request is taken any more. Those that run are answered, and passes end by themselves or, when the
 * grace is over, give back what they have not begun.
 */
process.once("SIGTERM", () => {
  const closed = new Promise((resolve) => server.close(resolve));
  void end(closed).then(closeStore);
});
