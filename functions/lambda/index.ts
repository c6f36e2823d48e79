import { lambda } from "../../src/runtimes/lambda/index.ts";
import { inboxApp, inboxWork } from "../http/app.ts";
import { storeFrom } from "../http/store.ts";
import { kickFrom } from "./kick.ts";
import { logAges, logPass } from "./log.ts";
import { askForNext } from "./next.ts";

/** Drains the inbox on its schedule and answers the Function URL: `POST /webhooks` and the routes. */
export const handler = lambda({
  queues: () => inboxWork(process.env, storeFrom(process.env), { kick: kickFrom(process.env) }),
  fetch: (request, limits) => {
    const setup = { kick: kickFrom(process.env), limits };
    return inboxApp(process.env, storeFrom(process.env), setup).fetch(request);
  },
  onReport: (report) => logPass(process.env, report),
  afterPasses: async (reports) => {
    const { queues } = inboxWork(process.env, storeFrom(process.env));
    await Promise.all([askForNext(process.env, reports), logAges(process.env, queues)]);
  },
});
