import { upstash } from "../../src/redis/upstash.ts";
import { type DashboardEnv, dashboardFrom } from "../http/dashboard.ts";

/** The secrets of infra/cloudflare/wrangler.dashboard.toml. */
export interface Env extends DashboardEnv {
  readonly UPSTASH_REDIS_REST_URL: string;
  readonly UPSTASH_REDIS_REST_TOKEN: string;
}

/**
 * The dashboard of the inbox, as a Worker of its own: the one that drains carries no pages, and this one
 * may be put behind Cloudflare Access.
 */
export default {
  fetch(request, env) {
    const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token } = env;
    const pages = dashboardFrom(env, upstash({ url, token }));
    return pages?.fetch(request) ?? new Response("No DASHBOARD_TOKEN is set.\n", { status: 404 });
  },
} satisfies ExportedHandler<Env>;
