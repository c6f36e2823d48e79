import { dashboard } from "../../src/dashboard/index.ts";
import { createQueue } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";

interface Env {
  readonly NAME: string;
  readonly REST_URL: string;
  readonly REST_TOKEN: string;
  readonly DASHBOARD_TOKEN: string;
}

export default {
  fetch(request: Request, env: Env): Response | Promise<Response> {
    const store = upstash({ url: env.REST_URL, token: env.REST_TOKEN });
    const tokens = [{ token: env.DASHBOARD_TOKEN, role: "admin" }] as const;
    return dashboard({ queues: createQueue({ name: env.NAME, store }), tokens }).fetch(request);
  },
};
