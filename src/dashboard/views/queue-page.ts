import { html } from "hono/html";
import type { QueueStats } from "../../statistics.ts";
import { type Html, number, when } from "../format.ts";
import type { Viewed } from "../options.ts";
import type { Page, Part } from "../page.ts";
import { mayChange, pathOf, type Visit } from "../visit.ts";
import { changeForm } from "./links.ts";
import { noticeOf } from "./notice.ts";
import { stateBadge } from "./state.ts";

/** One of the pages of a queue. */
export interface Place {
  readonly visit: Visit;
  readonly viewed: Viewed;
  /** What was asked for beside the path. */
  readonly query: URLSearchParams;
  /** Read at most once a request. */
  readonly stats: () => Promise<QueueStats>;
}

type Tab = readonly [path: string, title: string, count?: (stats: QueueStats) => number];

const TABS: readonly Tab[] = [
  ["", "Overview"],
  ["in-flight", "In flight", ({ inFlight }) => inFlight],
  ["parked", "Parked", ({ parked }) => parked],
  ["delayed", "Delayed", ({ delayed }) => delayed],
  ["dead-letters", "Dead letters", ({ dead }) => dead],
  ["messages", "Stream", ({ entries }) => entries],
  ["passes", "Passes"],
  ["send", "Send"],
];

export function placeOf(visit: Visit, viewed: Viewed, query: URLSearchParams): Place {
  let reading: Promise<QueueStats> | undefined;
  const stats = () => {
    reading ??= viewed.queue.stats();
    return reading;
  };
  return { visit, viewed, query, stats };
}

/** The page of a tab, under the head that all of them have. */
export function queuePage(
  place: Place,
  {
    tab,
    ...page
  }: { readonly tab: string; readonly charts?: boolean; readonly parts: readonly Part[] },
): Page {
  const { visit, viewed, query } = place;
  const { name } = viewed.queue;
  const title = TABS.find(([path]) => path === tab)?.[1] ?? "Message";
  const notice = noticeOf(query);
  return {
    ...page,
    title: `${title} · ${name}`,
    crumbs: [{ text: name, href: pathOf(visit, viewed.queue) }],
    parts: [
      { name: "head", refresh: "often", render: async () => head(place, tab, await place.stats()) },
      ...(notice ? [{ name: "notice", refresh: "never", render: () => notice } as const] : []),
      ...page.parts,
    ],
  };
}

function head(place: Place, here: string, stats: QueueStats): Html {
  const { visit, viewed } = place;
  const { queue } = viewed;
  const { stream, group } = queue.resolved.storeQueue;
  return html`<div class="head">
    <h1>${queue.name} ${stateBadge(stats)}</h1>
    ${mayChange(visit) && pauseForm(place, stats.paused)}
    <p class="hint">Stream <code>${stream}</code>, group <code>${group}</code>;
      ${stats.lastPassAt ? html`last pass ${when(stats.lastPassAt, stats.at)}` : "no pass has ended yet"}</p>
    <form class="find" method="get" action="${pathOf(visit, queue, "find")}" role="search">
      <label class="hidden" for="find-id">Id of a message</label>
      <input id="find-id" name="id" placeholder="Find a message by its id" required autocomplete="off" spellcheck="false" maxlength="128">
      <button>Show</button>
    </form>
  </div>
  <nav class="tabs" aria-label="Views of ${queue.name}"><ul>${TABS.map(([path, title, count]) => {
    const href = pathOf(visit, queue, ...(path === "" ? [] : [path]));
    const shown = count?.(stats);
    const alarming = path === "dead-letters" && shown !== 0 ? "bad" : "";
    return html`<li><a href="${href}" ${path === here ? html`aria-current="page"` : ""}>${title}${
      shown === undefined ? "" : html` <span class="count ${alarming}">${number(shown)}</span>`
    }</a></li>`;
  })}</ul></nav>`;
}

function pauseForm(place: Place, paused: boolean): Html {
  const hint = paused
    ? "Passes claim nothing until then"
    : "Passes end what they work on and claim nothing more";
  return changeForm(place, paused ? "resume" : "pause", {
    inside: html`<button title="${hint}" class="${paused ? "primary" : ""}">${paused ? "Resume" : "Pause"}</button>`,
  });
}
