import { html } from "hono/html";
import { XdrainError } from "../../errors.ts";
import type { QueueStats } from "../../statistics.ts";
import { duration, type Html, NOTHING, number, percent, plural, rate, when } from "../format.ts";
import type { Viewed } from "../options.ts";
import type { Page } from "../page.ts";
import { mayChange, pathOf, type Visit } from "../visit.ts";
import { badge, stateBadge } from "./state.ts";

/** All queues at a glance: eight commands each. */
export function queuesPage(visit: Visit, queues: readonly Viewed[]): Page {
  return {
    title: "Queues",
    parts: [
      {
        name: "queues",
        refresh: "often",
        render: async () => {
          const cards = await Promise.all(queues.map((viewed) => cardOf(visit, viewed)));
          return html`<div class="head"><h1>Queues</h1>
            <p class="hint">${plural(queues.length, "queue")}${mayChange(visit) ? "" : "; you may look, and change nothing"}</p></div>
            <div class="cards">${cards}</div>`;
        },
      },
    ],
  };
}

/** One queue that cannot be read does not hide the others. */
async function cardOf(visit: Visit, viewed: Viewed): Promise<Html> {
  const { queue } = viewed;
  const heading = html`<a href="${pathOf(visit, queue)}">${queue.name}</a>`;
  try {
    return card(visit, viewed, heading, await queue.stats());
  } catch (error) {
    if (!(error instanceof XdrainError)) throw error;
    return html`<article class="card"><h2>${heading} ${badge("bad", "Cannot be read")}</h2>
      <p class="error">${error.message} (${error.code})</p></article>`;
  }
}

function card(visit: Visit, { queue }: Viewed, heading: Html, stats: QueueStats): Html {
  const link = (path: string, text: string) =>
    html`<a href="${pathOf(visit, queue, path)}">${text}</a>`;
  const { lastHour, oldestReadyAgeMs, lastPassAt, at } = stats;
  const atMost = (isExact: boolean) => (isExact ? "" : "≤ ");
  const numbers: readonly (readonly [string, Html | string, string?])[] = [
    ["Ready", link("messages", `${atMost(stats.readyIsExact)}${number(stats.ready)}`)],
    ["In flight", link("in-flight", number(stats.inFlight))],
    ["Parked", link("parked", number(stats.parked))],
    ["Delayed", link("delayed", number(stats.delayed))],
    ["Dead letters", link("dead-letters", number(stats.dead)), stats.dead > 0 ? "bad" : ""],
    [
      "Oldest ready",
      oldestReadyAgeMs === undefined
        ? NOTHING
        : `${atMost(stats.oldestReadyAgeIsExact)}${duration(oldestReadyAgeMs)}`,
    ],
    ["Per second", rate(stats.lastMinute.perSecond)],
    [
      "Failing",
      percent(lastHour.failureRate),
      lastHour.failed > 0 && lastHour.failureRate >= 0.05 ? "bad" : "",
    ],
    ["Last pass", lastPassAt ? when(lastPassAt, at) : "never"],
  ];
  return html`<article class="card"><h2>${heading} ${stateBadge(stats)}</h2>
    <dl class="numbers">${numbers.map(
      ([term, value, tone]) =>
        html`<div class="${tone ?? ""}"><dt>${term}</dt><dd>${value}</dd></div>`,
    )}</dl></article>`;
}
