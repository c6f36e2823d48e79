import type { Handler } from "aws-lambda";
import type { DrainReport, FailedMessage } from "../../src/index.ts";
import { lambda } from "../../src/runtimes/lambda/index.ts";
import { inboxApp, inboxWork } from "../http/app.ts";
import { storeFrom } from "../http/store.ts";
import { kickFrom } from "./kick.ts";
import { logAges, logFailure, logPass } from "./log.ts";
import { askForNext } from "./next.ts";

const onReport = (report: DrainReport) => logPass(process.env, report);
const onError = (error: unknown, message: FailedMessage) => logFailure(process.env, error, message);
const setup = () => ({ kick: kickFrom(process.env), passes: { onError } });

/** Drains the inbox on its schedule and answers the Function URL: `POST /webhooks` and the routes. */
export const handler = lambda({
  queues: () => inboxWork(process.env, storeFrom(process.env), setup()),
  fetch: (request, limits) => {
    const options = { ...setup(), limits, onReport };
    return inboxApp(process.env, storeFrom(process.env), options).fetch(request);
  },
  onReport,
  afterPasses: async (reports) => {
    const { queues } = inboxWork(process.env, storeFrom(process.env));
    await Promise.all([askForNext(process.env, reports), logAges(process.env, queues)]);
  },
}) satisfies Handler;
