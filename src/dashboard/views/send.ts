import { html } from "hono/html";
import type { Html } from "../format.ts";
import type { Page } from "../page.ts";
import { mayChange } from "../visit.ts";
import { changeForm } from "./links.ts";
import { type Place, queuePage } from "./queue-page.ts";

/** What was typed into the form, and why it was not sent. */
export interface Draft {
  readonly payload: string;
  readonly key: string;
  readonly delay: string;
  readonly problem: string | undefined;
}

const EMPTY: Draft = { payload: "", key: "", delay: "", problem: undefined };

/** Sends a message by hand, and reads again what is kept. */
export function sendPage(place: Place, draft: Draft = EMPTY): Page {
  const allowed = mayChange(place.visit);
  return queuePage(place, {
    tab: "send",
    parts: [
      {
        name: "send",
        refresh: "never",
        render: () => (allowed ? sendForm(place, draft) : forbidden()),
      },
      ...(allowed
        ? [{ name: "replay", refresh: "never", render: () => replay(place) } as const]
        : []),
    ],
  });
}

/** The same without what is read of the queue: its store has just not answered. */
export function sendPageAlone(place: Place, draft: Draft): Page {
  const page = sendPage(place, draft);
  const { name } = place.viewed.queue;
  const head = { name: "head", refresh: "never", render: () => html`<h1>${name}</h1>` } as const;
  return { ...page, parts: [head, ...page.parts.filter((part) => part.name !== head.name)] };
}

function forbidden(): Html {
  return html`<h2>Send</h2><p class="empty">You may look, and change nothing: messages are sent by those who sign in as admin.</p>`;
}

function sendForm(place: Place, { payload, key, delay, problem }: Draft): Html {
  return html`<section class="panel"><h2>Send a message</h2>
  ${problem !== undefined && html`<p class="notice bad" role="alert" id="send-problem">${problem}</p>`}
  ${changeForm(place, "send", {
    className: "fields",
    inside: html`
    <label>Payload, as JSON
      <textarea name="payload" rows="8" required spellcheck="false" ${problem === undefined ? "" : html`aria-invalid="true" aria-describedby="send-problem"`}>${payload}</textarea></label>
    <label><span>Idempotency key <span class="hint">(optional)</span></span>
      <input name="key" value="${key}" autocomplete="off" maxlength="512"></label>
    <label><span>Delay <span class="hint">(optional, such as 30 s, 15 m or 2 h)</span></span>
      <input name="delay" value="${delay}" autocomplete="off" maxlength="32"></label>
    <button class="primary">Send</button>`,
  })}</section>`;
}

function replay(place: Place): Html {
  return html`<section class="panel"><h2>Replay</h2>
  <p class="hint">Lets the group read again what is still in the stream, where completed entries are kept. Passes that work on some of it lose that.</p>
  ${changeForm(place, "replay", {
    className: "fields",
    inside: html`<label>Behind the entry, or from the time on
      <input name="from" required placeholder="1700000000000-0 or 2026-11-21T10:00Z" autocomplete="off" maxlength="64"></label>
    <label class="check"><input type="checkbox" name="repeat"> Do work again whose key is done</label>
    <button>Replay</button>`,
  })}</section>`;
}
