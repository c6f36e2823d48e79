import { dashboard, type FetchApp } from "../../src/dashboard/index.ts";
import type { Store } from "../../src/index.ts";
import { type InboxEnv, inboxWork } from "./app.ts";
import { logError } from "./log.ts";

export interface DashboardEnv extends InboxEnv {
  /** Who has it sees the queues in a browser, and may change them; unset, there is no dashboard. */
  readonly DASHBOARD_TOKEN?: string | undefined;
  /** Who has it only looks. */
  readonly DASHBOARD_READER_TOKEN?: string | undefined;
  /** Where the world finds the app, behind a proxy that changes the host. */
  readonly APP_URL?: string | undefined;
}

/** The dashboard of the inbox under `/dashboard`; undefined where nobody may sign in. */
export function dashboardFrom(env: DashboardEnv, store: Store): FetchApp | undefined {
  const { DASHBOARD_TOKEN: admin, DASHBOARD_READER_TOKEN: reader } = env;
  const tokens = [
    ...(admin ? [{ token: admin, role: "admin" as const }] : []),
    ...(reader ? [{ token: reader, role: "reader" as const }] : []),
  ];
  if (tokens.length === 0) return undefined;
  const origin = env.APP_URL ? originOf(env.APP_URL) : undefined;
  return dashboard({ queues: inboxWork(env, store), tokens, origin, onError: logError });
}

/** What is no address stays as it is: the dashboard refuses it, and says what it expects. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}

export function isDashboard(request: Request): boolean {
  return /^\/dashboard(?:\/|$)/.test(new URL(request.url).pathname);
}
