import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Cleanup } from "./cleanup.ts";

export const REPOSITORY = join(dirname(fileURLToPath(import.meta.url)), "..");

/** What the tools of the platforms are given: no way to write outside, to call home, or to log in. */
export interface Tools {
  /** A temporary folder, removed at the end. */
  readonly folder: string;
  /** Their environment. */
  readonly env: NodeJS.ProcessEnv;
}

/** Prepares a place and an environment for the tools, which run as processes of their own. */
export function prepareTools(cleanup: Cleanup): Tools {
  const folder = mkdtempSync(join(tmpdir(), "xdrain-demo-"));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const quiet = {
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    XDG_CACHE_HOME: folder,
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_WRITE_LOGS: "false",
    // Otherwise the local runtime asks Cloudflare where in the world it is.
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    SLS_TELEMETRY_DISABLED: "1",
    SLS_INTERACTIVE_SETUP_ENABLE: "",
    NO_UPDATE_NOTIFIER: "1",
  };
  // Nothing else of the newcomer's: no credentials, no REDIS_URL.
  const { PATH, TMPDIR, LANG } = process.env;
  const kept = Object.entries({ PATH, TMPDIR, LANG }).filter(([, value]) => value !== undefined);
  return { folder, env: { ...Object.fromEntries(kept), ...quiet } };
}
