import { html } from "hono/html";
import type { MessageStory, Whereabouts } from "../../inspect/index.ts";
import { duration, type Html, moment, number, when } from "../format.ts";
import type { Page } from "../page.ts";
import { PAYLOAD_CHARS, payloadView } from "../payload.ts";
import { mayChange, pathOf } from "../visit.ts";
import { cancelForm } from "./delayed.ts";
import { changeForm } from "./links.ts";
import { type Place, queuePage } from "./queue-page.ts";
import { badge, type Tone } from "./state.ts";

const PLACES: Readonly<Record<Whereabouts, readonly [Tone, string]>> = {
  delayed: ["calm", "delayed"],
  ready: ["calm", "ready"],
  inFlight: ["good", "in flight"],
  parked: ["warn", "parked"],
  dead: ["bad", "dead letter"],
  done: ["good", "done"],
  gone: ["calm", "not there"],
};

/** Everything that is known of one message. */
export function storyPage(place: Place, id: string): Page {
  let reading: Promise<MessageStory> | undefined;
  const story = () => {
    reading ??= place.viewed.view.show(id, { payloadChars: PAYLOAD_CHARS });
    return reading;
  };
  return queuePage(place, {
    tab: "message",
    parts: [
      { name: "story", refresh: "often", render: async () => facts(place, await story()) },
      { name: "change", refresh: "often", render: async () => changes(place, await story()) },
      { name: "payload", refresh: "rarely", render: async () => contents(await story()) },
    ],
  });
}

async function facts({ stats }: Place, story: MessageStory): Promise<Html> {
  const { at } = await stats();
  const { id, entryId, where, why, sentAt, nextAt, deadLetter, content, doneUntil } = story;
  const rows: readonly (readonly [string, Html | string | undefined])[] = [
    ["Sent", html`${moment(sentAt)} (${when(sentAt, at)})`],
    ["Entry in the stream", entryId === id ? undefined : entryId],
    ["Next time", nextAt && html`${moment(nextAt)} (${when(nextAt, at)})`],
    ["Owner", story.consumer && html`<code>${story.consumer}</code>`],
    ["Idle", story.idleMs === undefined ? undefined : duration(story.idleMs)],
    ["Deliveries", number(story.deliveries)],
    ["Failures", number(story.failures)],
    ["Passes that died with it", number(story.crashes)],
    ["Failed for good", deadLetter && moment(new Date(deadLetter.failedAt))],
    ["Reason", deadLetter?.reason],
    ["Idempotency key", content?.idempotencyKey && html`<code>${content.idempotencyKey}</code>`],
    ["Sent under the id", content?.delayedId && html`<code>${content.delayedId}</code>`],
    ["Trace", content?.trace && html`<code>${content.trace.traceparent}</code>`],
    ["Its work counts as done until", doneUntil && moment(doneUntil)],
  ];
  return html`<h2 class="message-id"><code>${id}</code> ${badge(...PLACES[where])}</h2>
  <p class="why">${why}</p>
  <dl class="facts">${rows.map(
    ([term, value]) => value && html`<div><dt>${term}</dt><dd>${value}</dd></div>`,
  )}</dl>`;
}

function contents({ content, result, deadLetter }: MessageStory): Html {
  return html`${
    deadLetter &&
    html`<h3>Error</h3><pre class="error-text" tabindex="0" aria-label="Error"><code>${deadLetter.error || "There is no error text."}</code></pre>`
  }
  ${content && html`<h3>Payload</h3>${payloadView(content)}`}
  ${result !== undefined && html`<h3>Result</h3><pre class="payload" tabindex="0" aria-label="Result"><code>${result.slice(0, PAYLOAD_CHARS)}</code></pre>`}`;
}

/** What can be done with the message where it is. */
function changes(place: Place, { where, id, entryId, deadLetter }: MessageStory): Html {
  if (!mayChange(place.visit)) return html``;
  switch (where) {
    case "delayed":
      return html`<div class="bar">${cancelForm(place, id)}</div>`;
    case "dead":
      return deadLetter === undefined ? html`` : letterForm(place, deadLetter.id);
    case "inFlight":
    case "parked":
      return claimForm(place, entryId ?? id, where);
    default:
      return html``;
  }
}

function letterForm(place: Place, letterId: string): Html {
  return changeForm(place, "dead-letters", {
    className: "bar",
    inside: html`<input type="hidden" name="id" value="${letterId}">
      <button name="change" value="redrive" class="primary">Redrive</button>
      <details class="danger"><summary>Remove…</summary>
      <p>What is removed is gone for good. <button name="change" value="remove" class="bad">Remove</button></p></details>`,
  });
}

function claimForm(place: Place, id: string, where: "inFlight" | "parked"): Html {
  const hint = where === "inFlight" ? "Only where its lease is over: no pass loses it." : "";
  return changeForm(place, "claim", {
    className: "bar",
    inside: html`<input type="hidden" name="id" value="${id}">
      <button name="to" value="parked">Try it again now</button>
      <button name="to" value="dead">Make it a dead letter</button>
      <span class="hint">${hint}</span>`,
  });
}

/** Where to look for a message whose id was typed. */
export function storyPath({ visit, viewed }: Place, id: string): string {
  return pathOf(visit, viewed.queue, "messages", id);
}
