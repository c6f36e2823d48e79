import { html } from "hono/html";
import type { ConsumerInfo, PendingEntry } from "../../inspect/index.ts";
import { duration, type Html, number } from "../format.ts";
import type { Page } from "../page.ts";
import { pager, table } from "../table.ts";
import { pathOf } from "../visit.ts";
import { messageLink } from "./links.ts";
import { type Place, queuePage } from "./queue-page.ts";
import { badge } from "./state.ts";

const CONSUMERS = 25;
const MESSAGES = 25;
/** Redis lists consumers all at once, about a hundred bytes each. */
const MOST_CONSUMERS = 2_000;

/** Who has what, and for how long. */
export function inFlightPage(place: Place): Page {
  return queuePage(place, {
    tab: "in-flight",
    parts: [
      { name: "pending", refresh: "often", render: () => pending(place) },
      { name: "consumers", refresh: "often", render: () => consumers(place) },
    ],
  });
}

async function pending(place: Place): Promise<Html> {
  const { visit, viewed, query } = place;
  const after = query.get("after") ?? undefined;
  const page = await viewed.view.pending({ count: MESSAGES, ...(after && { after }) });
  const { leaseMs } = viewed.queue.resolved.storeQueue;
  const path = pathOf(visit, viewed.queue, "in-flight");
  return html`<h2>Messages</h2>
  <p class="hint">Handed out and not settled. A lease is ${duration(leaseMs)}; what is idle for longer is taken back by the next passes.</p>
  ${table<PendingEntry>({
    caption: "Messages in flight",
    isCaptionHidden: true,
    rows: page.items,
    columns: [
      { head: "Message", cell: ({ id }) => messageLink(place, id), isName: true },
      { head: "Owner", cell: ({ consumer }) => html`<code>${consumer}</code>`, isWide: true },
      { head: "Idle", cell: ({ idleMs }) => idle(idleMs, leaseMs), isNumber: true },
      { head: "Deliveries", cell: ({ deliveries }) => number(deliveries), isNumber: true },
    ],
    empty: "Nothing is in flight.",
  })}
  ${pager(path, "after", after, page.next)}`;
}

function idle(ms: number, leaseMs: number): Html {
  return html`${duration(ms)} ${ms > leaseMs && badge("warn", "lease over")}`;
}

async function consumers({ viewed, stats }: Place): Promise<Html> {
  const { consumers: count } = await stats();
  if (count > MOST_CONSUMERS) {
    return html`<h2>Consumers</h2><p class="empty">${number(count)} consumers: Redis would list all of them at each look. Those that are left behind are told by <code>xdrain doctor</code>.</p>`;
  }
  const { items } = await viewed.view.consumers({ order: "pending", count: CONSUMERS });
  const kinds: Readonly<Record<ConsumerInfo["kind"], string>> = {
    pass: "pass",
    suspects: "what dead passes left",
    foreign: "another program",
  };
  return html`<h2>Consumers</h2>
  <p class="hint">Those with the most messages first, at most ${CONSUMERS}.</p>
  ${table<ConsumerInfo>({
    caption: "Consumers of the group",
    isCaptionHidden: true,
    rows: items,
    columns: [
      {
        head: "Consumer",
        cell: ({ name }) => html`<code>${name}</code>`,
        isName: true,
        isWide: true,
      },
      { head: "Kind", cell: ({ kind }) => kinds[kind] },
      { head: "Messages", cell: ({ pending }) => number(pending), isNumber: true },
      { head: "Idle", cell: ({ idleMs }) => duration(idleMs), isNumber: true },
    ],
    empty: "The group has no consumers.",
  })}`;
}
