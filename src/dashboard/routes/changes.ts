import type { Hono } from "hono";
import { XdrainError } from "../../errors.ts";
import { CHANGES, type Done, sendDraft } from "../changes.ts";
import type { Desk } from "../desk.ts";
import { readChange, StaleForm } from "../guard.ts";
import { renderPage } from "../page.ts";
import { refusalOf } from "../refusal.ts";
import { noticeQuery } from "../views/notice.ts";
import { placeOf } from "../views/queue-page.ts";
import { type Draft, sendPage, sendPageAlone } from "../views/send.ts";
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
    let form: URLSearchParams | undefined;
    try {
      const submission = await readChange(desk, context);
      const viewed = desk.queueOf(context);
      form = submission.form;
      const done = await sendDraft(viewed, form);
      return context.redirect(goOn(submission.visit, viewed.queue, done), 303);
    } catch (error) {
      // What was typed is not lost.
      const typed = error instanceof StaleForm ? error.form : form;
      if (typed === undefined || !isForeseen(error)) throw error;
      const visit = await desk.visitOf(context);
      const place = placeOf(visit, desk.queueOf(context), new URLSearchParams());
      const { status } = refusalOf(error);
      const pageOf = status === 503 ? sendPageAlone : sendPage;
      const page = pageOf(place, draftOf(typed, error));
      return context.html(await renderPage(visit, page, undefined), status);
    }
  });
}

function isForeseen(error: unknown): error is XdrainError | StaleForm {
  return error instanceof XdrainError || error instanceof StaleForm;
}

function draftOf(form: URLSearchParams, error: XdrainError | StaleForm): Draft {
  return {
    payload: form.get("payload") ?? "",
    key: form.get("key") ?? "",
    delay: form.get("delay") ?? "",
    problem:
      error instanceof StaleForm
        ? "Not sent: the form was from another session. Send it again."
        : error.message,
  };
}

function goOn(visit: Visit, queue: { readonly name: string }, { page, ...told }: Done): string {
  const query = noticeQuery(told);
  return `${pathOf(visit, queue, ...page)}?${query}`;
}
