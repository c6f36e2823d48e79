import { html } from "hono/html";
import { type Html, plural } from "../format.ts";

/** Sentences by their names: an address can choose one of them, and put no words into the page. */
const SENTENCES: Readonly<Record<string, (count: number) => string>> = {
  paused: () => "The queue is paused: passes end what they work on and claim nothing more.",
  resumed: () => "The queue goes on.",
  sent: () => "The message is sent.",
  redriven: (count) => `${plural(count, "dead letter")} sent again, as new messages.`,
  removed: (count) => `${plural(count, "dead letter")} removed for good.`,
  cancelled: () => "The message is taken back.",
  "not-cancelled": () => "Nothing was taken back: it was due already, or cancelled before.",
  replayed: () => "The group reads again from there; the next pass begins with it.",
  "claim-parked": () => "The message is due at once: the next pass takes it.",
  "claim-dead": () => "The message is a dead letter now.",
  "claim-live": () => "Nothing was done: a pass works on the message.",
  "claim-elsewhere": () =>
    "Nothing was done: the message is neither in flight nor parked any more.",
  "claim-lost": () => "The payload of the message is gone, and so is the message now.",
  nothing: () => "Nothing was chosen.",
};

/** What a change has done, told on the page behind it. */
export function noticeOf(query: URLSearchParams): Html | undefined {
  const done = query.get("done") ?? "";
  const sentence = Object.hasOwn(SENTENCES, done) ? SENTENCES[done] : undefined;
  const count = Math.floor(Number(query.get("count") ?? "0"));
  if (sentence === undefined || !(count >= 0)) return undefined;
  return html`<p class="notice" role="status" data-notice>${sentence(Math.min(count, 1_000_000))}</p>`;
}
