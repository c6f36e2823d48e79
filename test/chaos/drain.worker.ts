// A Worker that drains the queue in workerd. It has no files, so its ledger is a collector over HTTP.

import { upstash } from "../../src/redis/upstash.ts";
import { work, worker } from "../../src/runtimes/worker.ts";
import { collectorAt } from "./collector-client.ts";
import { type Observed, observe } from "./observe.ts";
import { chaosQueue, REQUEST_TIMEOUT_MS } from "./queue.ts";

interface Env {
  readonly REST_URL: string;
  readonly REST_TOKEN: string;
  readonly LEDGER_URL: string;
}

/** Of the invocation that runs: the host makes one after the other. */
let observed: Observed;

export default worker<Env>({
  queues(env) {
    const { REST_URL: url, REST_TOKEN: token } = env;
    const write = collectorAt(env.LEDGER_URL);
    observed = observe(upstash({ url, token, requestTimeoutMs: REQUEST_TIMEOUT_MS }), write);
    return work(chaosQueue(observed.store), observed.handler, { batch: 50, maxMessages: 500 });
  },
  limits: () => ({ scheduled: "4 s" }),
  onReport: (report) => observed.passEnded(report),
});
