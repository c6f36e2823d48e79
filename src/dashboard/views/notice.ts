import { html } from "hono/html";
import type { Done } from "../changes.ts";
import { type Html, number, plural } from "../format.ts";

/** Sentences by their names: an address can choose one of them, and put no words into the page. */
const SENTENCES: Readonly<Record<string, (count: number, of: number) => string>> = {
  paused: () => "The queue is paused: passes end what they work on and claim nothing more.",
  resumed: () => "The queue goes on.",
  sent: () => "The message is sent.",
  redriven: (count, of) => letters(count, of, "sent again", ", as new messages"),
  removed: (count, of) => letters(count, of, "removed", " for good"),
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

/** What of an address tells of a change that was made; it is told once. */
const PARAMETERS = ["done", "count", "of"] as const;

type Told = Pick<Done, (typeof PARAMETERS)[number]>;

/** What a change has done, for the address of the page behind it. */
export function noticeQuery(told: Told): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of PARAMETERS) if (told[name] !== undefined) query.set(name, String(told[name]));
  return query;
}

/** The same query without what tells of a change. */
export function withoutNotice(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => !PARAMETERS.includes(name as "done")));
}

/** What a change has done, told on the page behind it. */
export function noticeOf(query: URLSearchParams): Html | undefined {
  const done = query.get("done") ?? "";
  const sentence = Object.hasOwn(SENTENCES, done) ? SENTENCES[done] : undefined;
  const count = countOf(query, "count");
  const of = countOf(query, "of");
  if (sentence === undefined || count === undefined || of === undefined) return undefined;
  return html`<p class="notice" role="status" data-notice>${sentence(count, of)}</p>`;
}

function countOf(query: URLSearchParams, name: string): number | undefined {
  const count = Math.floor(Number(query.get(name) ?? "0"));
  return count >= 0 ? Math.min(count, 1_000_000) : undefined;
}

/** Somebody else may have been faster with some of them. */
function letters(count: number, of: number, what: string, how: string): string {
  if (count === 0)
    return `No dead letter was ${what}: those that were chosen are not there any more.`;
  const told = `${plural(count, "dead letter")} ${what}${how}.`;
  const missing = of - count;
  if (missing <= 0) return told;
  return `${told} ${number(missing)} of those that were chosen ${missing === 1 ? "is" : "are"} not there any more.`;
}
