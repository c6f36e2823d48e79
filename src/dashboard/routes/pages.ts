import type { Context, Hono } from "hono";
import type { Desk } from "../desk.ts";
import { PARTS_HEADER, type Page, renderPage } from "../page.ts";
import { Refusal } from "../refusal.ts";
import { deadLettersPage } from "../views/dead-letters.ts";
import { delayedPage } from "../views/delayed.ts";
import { inFlightPage } from "../views/in-flight.ts";
import { messagesPage } from "../views/messages.ts";
import { overviewPage } from "../views/overview.ts";
import { parkedPage } from "../views/parked.ts";
import { passesPage } from "../views/passes.ts";
import { type Place, placeOf } from "../views/queue-page.ts";
import { queuesPage } from "../views/queues.ts";
import { sendPage } from "../views/send.ts";
import { storyPage, storyPath } from "../views/story.ts";
import type { Visit } from "../visit.ts";

/** The pages of a queue, by the last part of their path. */
const PAGES: Readonly<Record<string, (place: Place) => Page>> = {
  "in-flight": inFlightPage,
  parked: parkedPage,
  delayed: delayedPage,
  "dead-letters": deadLettersPage,
  messages: messagesPage,
  passes: passesPage,
  send: (place) => sendPage(place),
};

/** Everything that is only looked at, for those who are signed in. */
export function addPages(app: Hono, desk: Desk): void {
  const { base, queues } = desk.resolved;

  /** Shows a page, or leads to the sign-in and back. */
  async function show(context: Context, pageOf: (visit: Visit) => Page): Promise<Response> {
    const visit = await desk.visitOf(context);
    const asked = context.req.header(PARTS_HEADER);
    if (visit.session === undefined) {
      if (asked !== undefined) throw new Refusal(401, "You are not signed in any more.");
      return context.redirect(signInPath(visit), 303);
    }
    return context.html(await renderPage(visit, pageOf(visit), asked));
  }

  const showPlace = (context: Context, pageOf: (place: Place) => Page) =>
    show(context, (visit) => {
      const query = new URL(context.req.url).searchParams;
      return pageOf(placeOf(visit, desk.queueOf(context), query));
    });

  if (base !== "") app.get(base, (context) => context.redirect(`${base}/`, 303));
  app.get(`${base}/`, (context) => show(context, (visit) => queuesPage(visit, queues)));
  app.get(`${base}/queues/:queue`, (context) => showPlace(context, overviewPage));
  for (const [path, pageOf] of Object.entries(PAGES)) {
    app.get(`${base}/queues/:queue/${path}`, (context) => showPlace(context, pageOf));
  }
  app.get(`${base}/queues/:queue/messages/:id`, (context) =>
    showPlace(context, (place) => storyPage(place, context.req.param("id"))),
  );

  app.get(`${base}/queues/:queue/find`, async (context) => {
    const visit = await desk.visitOf(context);
    if (visit.session === undefined) return context.redirect(signInPath(visit), 303);
    const place = placeOf(visit, desk.queueOf(context), new URLSearchParams());
    const id = context.req.query("id")?.trim();
    if (!id) throw new Refusal(400, "Expected the id of a message.");
    return context.redirect(storyPath(place, id), 303);
  });
}

/** The way to the sign-in, and back to the page that was asked for. */
function signInPath({ base, here }: Visit): string {
  return `${base}/sign-in?${new URLSearchParams({ next: here })}`;
}
