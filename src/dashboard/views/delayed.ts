import { html } from "hono/html";
import type { DelayedEntry } from "../../inspect/index.ts";
import { type Html, when } from "../format.ts";
import type { Page } from "../page.ts";
import { SNIPPET_CHARS, snippet } from "../payload.ts";
import { type Column, pager, table } from "../table.ts";
import { mayChange, pathOf } from "../visit.ts";
import { changeForm, messageLink } from "./links.ts";
import { type Place, queuePage } from "./queue-page.ts";

const MESSAGES = 25;

/** What was sent and is not due yet. */
export function delayedPage(place: Place): Page {
  return queuePage(place, {
    tab: "delayed",
    parts: [{ name: "delayed", refresh: "often", render: () => delayed(place) }],
  });
}

async function delayed(place: Place): Promise<Html> {
  const { visit, viewed, query } = place;
  const after = query.get("after") ?? undefined;
  const options = { count: MESSAGES, payloadChars: SNIPPET_CHARS, ...(after && { after }) };
  const page = await viewed.view.delayed(options);
  const { at } = await place.stats();
  const columns: readonly Column<DelayedEntry>[] = [
    { head: "Message", cell: ({ id }) => messageLink(place, id), isName: true },
    { head: "Due", cell: ({ dueAt }) => when(dueAt, at) },
    { head: "Payload", cell: snippet, isWide: true },
  ];
  const change: Column<DelayedEntry> = { head: "Change", cell: ({ id }) => cancelForm(place, id) };
  return html`<h2>Delayed</h2>
  <p class="hint">Sent, and not due yet. What is due enters the stream with the next pass.</p>
  ${table<DelayedEntry>({
    caption: "Delayed messages",
    isCaptionHidden: true,
    rows: page.items,
    columns: mayChange(visit) ? [...columns, change] : columns,
    empty: "Nothing is delayed.",
  })}
  ${pager(pathOf(visit, viewed.queue, "delayed"), "after", after, page.next)}`;
}

/** Takes a delayed message back. */
export function cancelForm(place: Place, id: string): Html {
  return changeForm(place, "cancel", {
    inside: html`<input type="hidden" name="id" value="${id}"><button aria-label="Cancel ${id}">Cancel</button>`,
  });
}
