import { html } from "hono/html";
import { type Letter, readLetters } from "../dead-letters.ts";
import { type Html, number, plural, when } from "../format.ts";
import type { Page } from "../page.ts";
import { payloadView } from "../payload.ts";
import { pager } from "../table.ts";
import { mayChange, pathOf } from "../visit.ts";
import { changeForm, messageLink } from "./links.ts";
import { type Place, queuePage } from "./queue-page.ts";
import { badge } from "./state.ts";

const LETTERS = 20;
const PAYLOAD_CHARS = 4_000;

/** What will not be tried again, why, and the way back. */
export function deadLettersPage(place: Place): Page {
  return queuePage(place, {
    tab: "dead-letters",
    parts: [{ name: "letters", refresh: "often", render: () => letters(place) }],
  });
}

async function letters(place: Place): Promise<Html> {
  const { visit, viewed, query } = place;
  const before = query.get("before") ?? undefined;
  const options = { before, count: LETTERS, payloadChars: PAYLOAD_CHARS };
  const { items, next } = await readLetters(viewed.reader, options);
  const { at } = await place.stats();
  const heading = html`<h2>Dead letters</h2>
    <p class="hint">Not tried again unless they are redriven: then they are sent as new messages, with their payloads and keys.</p>`;
  const pages = pager(pathOf(visit, viewed.queue, "dead-letters"), "before", before, next);
  if (items.length === 0)
    return html`${heading}<p class="empty">${before !== undefined ? "There are no dead letters on this page." : "There are no dead letters."}</p>${pages}`;
  const isTicked = mayChange(visit);
  const list = html`<ol class="letters">${items.map((letter) => letterItem(place, letter, isTicked, at))}</ol>`;
  if (!isTicked) return html`${heading}${list}${pages}`;
  const inside = html`${changeBar(items)}${list}`;
  return html`${heading}${changeForm(place, "dead-letters", { inside, className: "letters-form" })}${pages}`;
}

function changeBar(items: readonly Letter[]): Html {
  return html`<div class="bar">
    <label class="all"><input type="checkbox" data-tick-all> All ${number(items.length)} shown</label>
    <button name="change" value="redrive" class="primary">Redrive the ticked</button>
    <button name="change" value="redrive-shown">Redrive all ${number(items.length)} shown</button>
    <details class="danger"><summary>Remove…</summary>
      <p>What is removed is gone for good. <button name="change" value="remove" class="bad">Remove the ticked</button></p></details>
    <input type="hidden" name="shown" value="${items.map(({ id }) => id).join(" ")}">
  </div>`;
}

function letterItem(place: Place, letter: Letter, isTicked: boolean, at: Date): Html {
  const { id, originalId, error, failedAt, content } = letter;
  const { badgeText, firstLine } = whyOf(letter);
  const shownId = originalId ?? id;
  return html`<li class="letter">
    <div class="letter-head">
      ${isTicked && html`<input type="checkbox" name="id" value="${id}" aria-label="Tick ${shownId}">`}
      ${badge("bad", badgeText)} ${originalId === undefined ? html`<span class="id">${id}</span>` : messageLink(place, originalId)}
      <span class="hint">${when(new Date(failedAt), at)}${countsOf(letter)}</span>
    </div>
    <p class="error">${firstLine}</p>
    <details><summary aria-label="Error and payload of ${shownId}">Error and payload</summary>
      ${error !== "" && html`<pre class="error-text" tabindex="0" aria-label="Error"><code>${error}</code></pre>`}
      ${content.idempotencyKey !== undefined && html`<p class="hint">Idempotency key <code>${content.idempotencyKey}</code></p>`}
      ${payloadView(content)}
    </details>
  </li>`;
}

/** A word for the badge, and a line below it: the reason of another producer may be a sentence. */
function whyOf({ reason, error, deliveries }: Letter) {
  if (deliveries === undefined) {
    const badgeText = "from another producer";
    return { badgeText, firstLine: reason === "" ? "It gives no reason." : reason };
  }
  const [line = ""] = error.split("\n", 1);
  const firstLine = line === "" ? "Its passes died; there is no error text." : line;
  return { badgeText: reason, firstLine };
}

/** What is known of how often it was tried. */
function countsOf({ deliveries, failures }: Letter): string {
  const counts = [
    deliveries === undefined ? [] : plural(deliveries, "delivery", "deliveries"),
    failures === undefined ? [] : plural(failures, "failure"),
  ].flat();
  return counts.length === 0 ? "" : `; ${counts.join(", ")}`;
}
