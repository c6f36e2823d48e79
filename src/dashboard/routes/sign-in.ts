import type { Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { YEAR_MS } from "../../duration.ts";
import { cookieFor, type Desk, SESSION_COOKIE, safePath, THEME_COOKIE } from "../desk.ts";
import { duration } from "../format.ts";
import { readForm, readSubmission } from "../guard.ts";
import { Refusal } from "../refusal.ts";
import { signInPage } from "../views/sign-in.ts";
import { THEMES } from "../visit.ts";

/** Signing in and out, and the theme. */
export function addSignIn(app: Hono, desk: Desk): void {
  const { resolved, sessions } = desk;
  const { base, attempts, now, sessionMs } = resolved;

  app.get(`${base}/sign-in`, async (context) => {
    const visit = await desk.visitOf(context);
    const next = safePath(base, context.req.query("next") ?? "");
    if (visit.session !== undefined) return context.redirect(next, 303);
    return context.html(signInPage(visit, next));
  });

  app.post(`${base}/sign-in`, async (context) => {
    const form = await readForm(desk, context);
    const visit = await desk.visitOf(context);
    const next = safePath(base, form.get("next") ?? "");
    const at = now();
    const waitMs = attempts.waitMs(at);
    if (waitMs > 0) {
      context.header("retry-after", String(Math.ceil(waitMs / 1_000)));
      const text = `Too many tokens were wrong. Try again in ${duration(waitMs)}.`;
      return context.html(signInPage(visit, next, text), 429);
    }
    attempts.begin(at); // before anything is waited for, so that many at once count too
    const cookie = await sessions.open(form.get("token") ?? "", at + sessionMs);
    if (cookie === undefined) {
      return context.html(signInPage(visit, next, "Nobody has this token."), 401);
    }
    attempts.succeeded(at);
    setCookie(context, SESSION_COOKIE, cookie, cookieFor(context, resolved, sessionMs));
    return context.redirect(next, 303);
  });

  app.post(`${base}/sign-out`, async (context) => {
    await readSubmission(desk, context);
    deleteCookie(context, SESSION_COOKIE, cookieFor(context, resolved, 0));
    return context.redirect(`${base}/sign-in`, 303);
  });

  app.post(`${base}/theme`, async (context) => {
    const { form } = await readSubmission(desk, context);
    const theme = THEMES.find((one) => one === form.get("theme"));
    if (theme === undefined) throw new Refusal(400, "There is no such theme.");
    setCookie(context, THEME_COOKIE, theme, cookieFor(context, resolved, YEAR_MS));
    return context.redirect(safePath(base, form.get("next") ?? ""), 303);
  });
}
