import { html } from "hono/html";
import type { PassRecord } from "../../inspect/index.ts";
import { duration, type Html, number, when } from "../format.ts";
import type { Page } from "../page.ts";
import { pager, table } from "../table.ts";
import { pathOf } from "../visit.ts";
import { type Place, queuePage } from "./queue-page.ts";
import { badge, type Tone } from "./state.ts";

const PASSES = 25;

/** Why passes stop, as far as it says more than that they were done. */
const TONES: Readonly<Record<string, Tone>> = {
  empty: "good",
  running: "good",
  store: "bad",
  paused: "warn",
  limited: "warn",
};

/** What the latest passes did. */
export function passesPage(place: Place): Page {
  return queuePage(place, {
    tab: "passes",
    parts: [{ name: "passes", refresh: "often", render: () => passes(place) }],
  });
}

async function passes(place: Place): Promise<Html> {
  const { visit, viewed, query } = place;
  const before = query.get("before") ?? undefined;
  const page = await viewed.view.journal({ count: PASSES, ...(before && { before }) });
  const { at } = await place.stats();
  const count = (head: string, of: (pass: PassRecord) => number) => ({
    head,
    cell: (pass: PassRecord) => number(of(pass)),
    isNumber: true,
  });
  return html`<h2>Passes</h2>
  <p class="hint">The latest that had something to do, about a thousand of them; a long one tells every half minute.</p>
  ${table<PassRecord>({
    caption: "Passes",
    isCaptionHidden: true,
    rows: page.items,
    columns: [
      { head: "Ended", cell: (pass) => when(pass.at, at), isName: true },
      { head: "Because", cell: ({ stopped }) => badge(TONES[stopped] ?? "calm", stopped) },
      { head: "Took", cell: ({ elapsedMs }) => duration(elapsedMs), isNumber: true },
      count("Completed", ({ completed }) => completed),
      count("Retried", ({ retried }) => retried),
      count("Dead", ({ dead }) => dead),
      count("Given back", ({ released }) => released),
      count("Reclaimed", ({ reclaimed }) => reclaimed),
      count("Requests", ({ requests }) => requests),
      count("Commands", ({ commands }) => commands),
    ],
    empty: "No pass had anything to do yet.",
  })}
  ${pager(pathOf(visit, viewed.queue, "passes"), "before", before, page.next)}`;
}
