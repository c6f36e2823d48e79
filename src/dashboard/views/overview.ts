import { html } from "hono/html";
import { historyCharts } from "../charts/figures.ts";
import { histogramFigure } from "../charts/histogram.ts";
import { readHistory } from "../charts/history.ts";
import {
  bytes,
  duration,
  type Html,
  NOTHING,
  number,
  percent,
  plural,
  rate,
  when,
} from "../format.ts";
import type { Page } from "../page.ts";
import { type Place, queuePage } from "./queue-page.ts";
import { totalsTable } from "./totals.ts";

/** How a queue fares: now, over the last hour, and since its first pass. */
export function overviewPage(place: Place): Page {
  return queuePage(place, {
    tab: "",
    charts: true,
    parts: [
      { name: "tiles", refresh: "often", render: () => tiles(place) },
      {
        name: "history",
        refresh: "rarely",
        render: async () => {
          const { at } = await place.stats();
          return historyCharts(await readHistory(place.viewed, at));
        },
      },
      {
        name: "since",
        refresh: "rarely",
        render: async () => {
          const { handlerTime, waitingTime, totals } = await place.stats();
          return html`<div class="columns">
            ${histogramFigure("handler", "How long handlers ran", handlerTime)}
            ${histogramFigure("waiting", "How long messages waited for their first delivery", waitingTime)}
          </div>${totalsTable(totals)}`;
        },
      },
    ],
  });
}

async function tiles({ stats: read }: Place): Promise<Html> {
  const stats = await read();
  const { ready, readyIsExact, oldestReadyAgeMs, oldestReadyAgeIsExact, lastHour } = stats;
  const age = oldestReadyAgeMs ?? 0;
  const atMost = (isExact: boolean) => (isExact ? "" : "≤ ");
  return html`<h2 class="hidden">Now</h2>
  <dl class="tiles" data-now="${stats.at.getTime()}" data-backlog="${ready + stats.inFlight + stats.parked}" data-age="${age}">
    ${tile("Ready", `${atMost(readyIsExact)}${number(ready)}`, "waiting for their first delivery")}
    ${tile(
      "Oldest ready",
      oldestReadyAgeMs === undefined
        ? NOTHING
        : `${atMost(oldestReadyAgeIsExact)}${duration(oldestReadyAgeMs)}`,
      oldestReadyAgeMs === undefined ? "nothing waits" : "has waited so long",
    )}
    ${tile(
      "Last pass",
      stats.lastPassAt ? when(stats.lastPassAt, stats.at) : "never",
      `${number(stats.totals.passes)} had something to do`,
    )}
    ${tile("In flight", number(stats.inFlight), plural(stats.consumers, "consumer"))}
    ${tile("Throughput", `${rate(stats.lastMinute.perSecond)}/s`, `${number(lastHour.completed)} in the last hour`)}
    ${tile("Failing", percent(lastHour.failureRate), `${number(lastHour.failed)} in the last hour`)}
    ${drained(stats.drainsInMs)}
    ${tile(
      "Stream",
      stats.bytes === undefined ? number(stats.entries) : bytes(stats.bytes),
      plural(stats.entries, "entry", "entries"),
    )}
  </dl>`;
}

function tile(term: string, value: Html | string, hint: string): Html {
  return html`<div><dt>${term}</dt><dd>${value}<small>${hint}</small></dd></div>`;
}

function drained(ms: number | undefined): Html {
  if (ms === 0) return tile("Drained in", NOTHING, "nothing waits");
  if (ms === undefined) return tile("Drained in", NOTHING, "nothing was completed for an hour");
  return tile("Drained in", duration(ms), "if no more arrived");
}
