// The numbers of a chart stand in the table beneath it.

import { samples } from "./samples.js";

const MINUTE_S = 60;

/** The numbers of a chart, and not the legend that is drawn beside it. */
const tableOf = (figure) => figure.querySelector("table[data-first]");

/** The hour that is shown, up to now. */
export function hourOf(figure) {
  const { first, last } = tableOf(figure).dataset;
  const now = Math.max(Number(last) / 1_000, samples.at(-1)?.at ?? 0);
  return [Number(first) / 1_000, now];
}

/** What the table says: times, and for each series a title, a tone and values. */
function readTable(table, fill) {
  const first = Number(table.dataset.first) / 1_000;
  const last = Number(table.dataset.last) / 1_000;
  const rows = new Map(
    [...table.querySelectorAll("tr[data-at]")].map((row) => [
      Number(row.dataset.at) / 1_000,
      [...row.querySelectorAll("td")].map(({ dataset }) =>
        dataset.value === "" ? null : Number(dataset.value),
      ),
    ]),
  );
  const times = [];
  for (let at = first; at <= last; at += MINUTE_S) times.push(at);
  const series = [...table.querySelectorAll("th[data-tone]")].map((head, i) => ({
    title: head.textContent,
    tone: head.dataset.tone,
    values: times.map((at) => rows.get(at)?.[i] ?? fill),
  }));
  return { times, series };
}

/** What a chart shows: the series of its table, and what was sampled since. */
export function dataOf(figure) {
  const name = figure.dataset.chart;
  const { times, series } = readTable(tableOf(figure), name === "throughput" ? 0 : null);
  const recent = samples.filter(({ at }) => at >= times[0]);
  const sampledTimes = recent.map(({ at }) => at);
  if (name === "backlog") {
    // One line: what passes have left, and what was seen in between.
    const [at, left, seen] = uPlot.join([
      [times, series[0].values],
      [sampledTimes, recent.map(({ backlog }) => backlog)],
    ]);
    return { data: [at, left.map((value, i) => value ?? seen[i])], shown: series };
  }
  const columns = [times, ...series.map(({ values }) => values)];
  if (name !== "waiting") return { data: columns, shown: series };
  const ages = [sampledTimes, recent.map(({ age }) => age)];
  const oldest = { title: "Oldest ready", tone: "warn" };
  return { data: uPlot.join([columns, ages]), shown: [...series, oldest] };
}
