import { html } from "hono/html";
import type { EntryInfo, EntryState } from "../../inspect/index.ts";
import { type Html, when } from "../format.ts";
import type { Page } from "../page.ts";
import { SNIPPET_CHARS, snippet } from "../payload.ts";
import { pager, table } from "../table.ts";
import { pathOf } from "../visit.ts";
import { messageLink } from "./links.ts";
import { type Place, queuePage } from "./queue-page.ts";
import { badge, type Tone } from "./state.ts";

const MESSAGES = 25;

const STATES: Readonly<Record<EntryState, readonly [Tone, string]>> = {
  ready: ["calm", "ready"],
  inFlight: ["good", "in flight"],
  parked: ["warn", "parked"],
  done: ["calm", "done"],
};

/** The entries of the stream, the newest first. */
export function messagesPage(place: Place): Page {
  return queuePage(place, {
    tab: "messages",
    parts: [{ name: "messages", refresh: "often", render: () => messages(place) }],
  });
}

async function messages(place: Place): Promise<Html> {
  const { visit, viewed, query } = place;
  const before = query.get("before") ?? undefined;
  const page = await viewed.view.entries({
    reverse: true,
    count: MESSAGES,
    payloadChars: SNIPPET_CHARS,
    ...(before && { before }),
  });
  const { at } = await place.stats();
  return html`<h2>Stream</h2>
  <p class="hint">The newest entries first; what is completed is removed, unless the queue keeps it.</p>
  ${table<EntryInfo>({
    caption: "Entries of the stream",
    isCaptionHidden: true,
    rows: page.items,
    columns: [
      { head: "Message", cell: ({ id }) => messageLink(place, id), isName: true },
      { head: "State", cell: ({ state }) => badge(...STATES[state]) },
      { head: "Added", cell: ({ addedAt }) => when(addedAt, at) },
      { head: "Payload", cell: snippet, isWide: true },
    ],
    empty: "The stream is empty.",
  })}
  ${pager(pathOf(visit, viewed.queue, "messages"), "before", before, page.next)}`;
}
