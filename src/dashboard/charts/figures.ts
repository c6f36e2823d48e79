// A chart is its table of numbers; where scripts run, charts.js draws what the table says, and the table
// stays for those who would rather read it.

import { html } from "hono/html";
import { duration, type Html, moment, NOTHING, number } from "../format.ts";
import type { History, Minute } from "./history.ts";

interface Series {
  readonly title: string;
  readonly tone: "good" | "bad" | "calm" | "warn";
  /** Undefined where nothing is known of that minute. */
  readonly value: (minute: Minute) => number | undefined;
  readonly show: (value: number) => string;
}

interface Chart {
  readonly name: "throughput" | "waiting" | "backlog";
  readonly title: string;
  readonly unit: "count" | "seconds";
  readonly series: readonly Series[];
  readonly hint: string;
}

const CHARTS: readonly Chart[] = [
  {
    name: "throughput",
    title: "Throughput by the minute",
    unit: "count",
    hint: "What passes told when they ended; long ones tell every half minute.",
    series: [
      { title: "Completed", tone: "good", value: ({ completed }) => completed, show: number },
      { title: "Failed", tone: "bad", value: ({ failed }) => failed, show: number },
    ],
  },
  {
    name: "waiting",
    title: "Waiting time",
    unit: "seconds",
    hint: "How long messages had waited for their first delivery, on the average; and, while this page is open, how old the oldest ready one is.",
    series: [
      {
        title: "Mean wait",
        tone: "calm",
        value: ({ waitMs }) => waitMs && waitMs / 1_000,
        show: (seconds) => duration(seconds * 1_000),
      },
    ],
  },
  {
    name: "backlog",
    title: "Backlog",
    unit: "count",
    hint: "What waits or is worked on, as each minute's last pass left it; and, while this page is open, as it is.",
    series: [{ title: "Backlog", tone: "calm", value: ({ backlog }) => backlog, show: number }],
  },
];

/** The charts of the last hour. */
export function historyCharts({ minutes, isWhole }: History): Html {
  return html`<section class="charts" aria-label="The last hour">
    ${CHARTS.map((chart) => figure(chart, minutes))}
    ${!isWhole && html`<p class="hint">Only the latest 500 passes are shown.</p>`}
  </section>`;
}

function figure({ name, title, unit, series, hint }: Chart, minutes: readonly Minute[]): Html {
  const known = minutes.filter(({ passes }) => passes > 0);
  return html`<figure class="chart" data-chart="${name}" data-unit="${unit}">
    <figcaption><h2>${title}</h2><p class="hint">${hint}</p></figcaption>
    <div class="plot" data-plot></div>
    <details data-reopens><summary aria-label="Numbers: ${title}">Numbers</summary><div class="scroll" tabindex="0" role="region" aria-label="${title}, numbers">
    <table data-first="${minutes[0]?.at}" data-last="${minutes.at(-1)?.at}">
      <caption class="hidden">${title}</caption>
      <thead><tr><th scope="col">Minute</th>${series.map(
        (one) => html`<th scope="col" class="number" data-tone="${one.tone}">${one.title}</th>`,
      )}</tr></thead>
      <tbody>${known.map(
        (minute) =>
          html`<tr data-at="${minute.at}"><th scope="row">${moment(new Date(minute.at)).slice(11, 16)}</th>${series.map(
            (one) => cell(one, minute),
          )}</tr>`,
      )}</tbody>
    </table>${known.length === 0 && html`<p class="empty">Nothing in the last hour.</p>`}</div></details>
  </figure>`;
}

function cell({ value, show }: Series, minute: Minute): Html {
  const known = value(minute);
  return html`<td class="number" data-value="${known ?? ""}">${known === undefined ? NOTHING : show(known)}</td>`;
}
