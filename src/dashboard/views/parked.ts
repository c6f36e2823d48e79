import { html } from "hono/html";
import type { ParkedEntry } from "../../inspect/index.ts";
import { type Html, number, when } from "../format.ts";
import type { Page } from "../page.ts";
import { pager, table } from "../table.ts";
import { pathOf } from "../visit.ts";
import { messageLink } from "./links.ts";
import { type Place, queuePage } from "./queue-page.ts";

const MESSAGES = 25;

/** What waits for its retry time. */
export function parkedPage(place: Place): Page {
  return queuePage(place, {
    tab: "parked",
    parts: [{ name: "parked", refresh: "often", render: () => parked(place) }],
  });
}

async function parked(place: Place): Promise<Html> {
  const { visit, viewed, query } = place;
  const after = query.get("after") ?? undefined;
  const page = await viewed.view.parked({ count: MESSAGES, ...(after && { after }) });
  const { at } = await place.stats();
  return html`<h2>Parked</h2>
  <p class="hint">Failed, or given back, and waiting for their retry time. What is due is taken by the next pass.</p>
  ${table<ParkedEntry>({
    caption: "Parked messages",
    isCaptionHidden: true,
    rows: page.items,
    columns: [
      { head: "Message", cell: ({ id }) => messageLink(place, id), isName: true, isWide: true },
      { head: "Due", cell: ({ dueAt }) => when(dueAt, at) },
      { head: "Deliveries", cell: ({ deliveries }) => number(deliveries), isNumber: true },
      { head: "A pass died", cell: ({ mayHaveCrashed }) => (mayHaveCrashed ? "perhaps" : "no") },
    ],
    empty: "Nothing is parked.",
  })}
  ${pager(pathOf(visit, viewed.queue, "parked"), "after", after, page.next)}`;
}
