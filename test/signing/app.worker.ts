import { createQueue } from "../../src/index.ts";
import { qstash } from "../../src/qstash/index.ts";
import { httpApp, memoryNonces, signed, vercelCron, work } from "../../src/runtimes/http/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { QSTASH_KEYS } from "../qstash/keys.ts";
import { KEYS } from "./keys.ts";

// Queues in workerd, to be called by everybody who can prove it.

const queue = createQueue({ name: "orders", store: memoryStore() });
const nonces = memoryNonces();

export default httpApp({
  queues: work(queue, () => {}),
  callers: [
    signed({ keys: [KEYS.current, KEYS.previous], scopes: ["send", "drain"], nonces }),
    qstash({
      currentSigningKey: QSTASH_KEYS.current,
      nextSigningKey: QSTASH_KEYS.next,
      scopes: ["drain"],
      nonces,
    }),
    vercelCron({ secret: "the-secret-of-the-cron" }),
  ],
});
