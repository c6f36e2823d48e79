import type { Hono } from "hono";
import { XdrainError } from "../../errors.ts";
import { CHANGES, type Done, sendDraft } from "../changes.ts";
import type { Desk } from "../desk.ts";
import { readChange } from "../guard.ts";
import { renderPage } from "../page.ts";
import { refusalOf } from "../refusal.ts";
import { placeOf } from "../views/queue-page.ts";
import { sendPage } from "../views/send.ts";
import { pathOf, type Visit } from "../visit.ts";

/** Everything that changes a queue: forms of those who may. */
export function addChanges(app: Hono, desk: Desk): void {
  const { base } = desk.resolved;

  for (const [name, change] of Object.entries(CHANGES)) {
    app.post(`${base}/queues/:queue/${name}`, async (context) => {
      const { visit, form } = await readChange(desk, context);
      const viewed = desk.queueOf(context);
      return context.redirect(goOn(visit, viewed.queue, await change(viewed, form)), 303);
    });
  }

  app.post(`${base}/queues/:queue/send`, async (context) => {
    const { visit, form } = await readChange(desk, context);
    const viewed = desk.queueOf(context);
    try {
      return context.redirect(goOn(visit, viewed.queue, await sendDraft(viewed, form)), 303);
    } catch (error) {
      if (!(error instanceof XdrainError)) throw error;
      // What was typed is not lost.
      const draft = {
        payload: form.get("payload") ?? "",
        key: form.get("key") ?? "",
        delay: form.get("delay") ?? "",
        problem: error.message,
      };
      const place = placeOf(visit, viewed, new URLSearchParams());
      const page = await renderPage(visit, sendPage(place, draft), undefined);
      return context.html(page, refusalOf(error).status);
    }
  });
}

function goOn(visit: Visit, queue: { readonly name: string }, { page, done, count }: Done): string {
  const query = new URLSearchParams({ done, ...(count !== undefined && { count: String(count) }) });
  return `${pathOf(visit, queue, ...page)}?${query}`;
}
