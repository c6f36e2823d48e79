import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import type { ResolvedDashboard, Viewed } from "./options.ts";
import { Refusal } from "./refusal.ts";
import { createSessions, type Sessions } from "./session.ts";
import { withoutNotice } from "./views/notice.ts";
import { THEMES, type Visit } from "./visit.ts";

export const SESSION_COOKIE = "xdrain_session";
export const THEME_COOKIE = "xdrain_theme";

/** What all routes need: the options, and who asks. */
export interface Desk {
  readonly resolved: ResolvedDashboard;
  readonly sessions: Sessions;
  visitOf(context: Context): Promise<Visit>;
  /** @throws Refusal 404 */
  queueOf(context: Context): Viewed;
}

export function createDesk(resolved: ResolvedDashboard): Desk {
  const sessions = createSessions(resolved.tokens);
  return {
    resolved,
    sessions,

    async visitOf(context) {
      const { pathname, searchParams } = new URL(context.req.url);
      const query = withoutNotice(searchParams);
      const now = resolved.now();
      const cookie = getCookie(context, SESSION_COOKIE);
      const theme = getCookie(context, THEME_COOKIE);
      return {
        base: resolved.base,
        refreshMs: resolved.refreshMs,
        theme: THEMES.find((one) => one === theme) ?? "auto",
        // Where a change was asked for there is no page to come back to.
        here:
          context.req.method === "GET"
            ? `${pathname}${query.size === 0 ? "" : `?${query}`}`
            : `${resolved.base}/`,
        session: cookie === undefined ? undefined : await sessions.read(cookie, now),
        now: new Date(now),
      };
    },

    queueOf(context) {
      const name = context.req.param("queue");
      const viewed = resolved.queues.find(({ queue }) => queue.name === name);
      if (viewed === undefined) throw new Refusal(404, "There is no such queue.");
      return viewed;
    },
  };
}

/** Attributes of our cookies: for our pages alone, and never for scripts. */
export function cookieFor(context: Context, { base }: ResolvedDashboard, maxAgeMs: number) {
  return {
    path: base === "" ? "/" : base,
    httpOnly: true,
    secure: isSecure(context.req.raw),
    sameSite: "Strict",
    maxAge: Math.floor(maxAgeMs / 1_000),
  } as const;
}

/** A proxy may have taken the encryption off; what it says can only make a cookie stricter. */
function isSecure({ url, headers }: Request): boolean {
  const forwarded = headers.get("x-forwarded-proto")?.split(",")[0]?.trim();
  return new URL(url).protocol === "https:" || forwarded === "https";
}

/** A path of ours to go on at: never another site, nor another application of this one. */
export function safePath(base: string, given: string): string {
  const home = `${base}/`;
  if (!/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(given)) return home;
  const { pathname, search } = new URL(given, "http://localhost");
  return pathname.startsWith(home) && !pathname.startsWith("//") ? `${pathname}${search}` : home;
}
