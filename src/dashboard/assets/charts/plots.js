// Draws each chart, and draws it anew when the page has new numbers or another theme.

import { dataOf, hourOf } from "./numbers.js";
import { sample } from "./samples.js";

const HEIGHT = 180;
let plots = [];

/** The colour that the style gives a tone; a canvas knows no custom properties. */
function colourOf(figure, className) {
  const probe = document.createElement("span");
  probe.className = className;
  figure.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

// Messages are not counted in halves.
const WHOLE = Array.from({ length: 10 }, (_, i) => [1, 2, 5].map((step) => step * 10 ** i)).flat();
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const clock = (at) => new Date(at * 1_000).toISOString().slice(11, 16);

function span(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 120) return `${compact.format(seconds)} s`;
  return seconds < 7_200
    ? `${compact.format(seconds / 60)} min`
    : `${compact.format(seconds / 3_600)} h`;
}

function draw(figure) {
  const place = figure.querySelector("[data-plot]");
  const { data, shown } = dataOf(figure);
  place.textContent = "";
  const isCount = figure.dataset.unit === "count";
  const show = isCount ? (value) => compact.format(value) : span;
  const axis = { stroke: colourOf(figure, "tone-axis"), font: "12px system-ui, sans-serif" };
  const grid = { stroke: colourOf(figure, "tone-grid"), width: 1 };
  const ticks = { show: false };
  const plot = new uPlot(
    {
      width: Math.max(200, place.clientWidth),
      height: HEIGHT,
      padding: [8, 8, 0, 0],
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      legend: { live: true },
      scales: {
        x: { time: true, range: () => hourOf(figure) },
        y: { range: (_, __, max) => [0, max > 0 ? Math.max(max * 1.1, isCount ? 1 : 0) : 1] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          ticks,
          size: 28,
          space: 60,
          values: (_, splits) => splits.map(clock),
        },
        {
          ...axis,
          grid,
          ticks,
          size: 56,
          ...(isCount && { incrs: WHOLE }),
          space: 36,
          values: (_, splits) => splits.map(show),
        },
      ],
      series: [
        { label: "UTC", value: (_, at) => (at === null ? "–" : clock(at)) },
        ...shown.map(({ title, tone }) => lineOf(figure, title, tone, show)),
      ],
    },
    data,
    place,
  );
  place.setAttribute("role", "img");
  place.setAttribute(
    "aria-label",
    `${figure.querySelector("h2").textContent}: a chart of the numbers below`,
  );
  plots.push({ plot, place, figure, titles: titlesOf(shown) });
}

function lineOf(figure, title, tone, show) {
  const stroke = colourOf(figure, `tone-${tone}`);
  return {
    label: title,
    stroke,
    width: 2,
    fill: stroke.replace(/^rgb\((.*)\)$/, "rgba($1, 0.1)"),
    spanGaps: true,
    // A line needs two points: few numbers are shown as points too.
    points: {
      show: ({ data }, i, from, to) =>
        data[i].slice(from, to + 1).filter((value) => (value ?? null) !== null).length < 12,
      size: 5,
    },
    value: (_, value) => (value === null || value === undefined ? "–" : show(value)),
  };
}

const titlesOf = (shown) => shown.map(({ title }) => title).join();

/** New numbers in the same drawing, so that what is pointed at stays. */
function refresh() {
  for (const { plot, figure, titles } of plots) {
    const { data, shown } = dataOf(figure);
    if (titlesOf(shown) !== titles) return drawAll();
    plot.setData(data);
  }
}

function drawAll() {
  for (const { plot } of plots) plot.destroy();
  plots = [];
  for (const figure of document.querySelectorAll("[data-chart]")) draw(figure);
}

sample();
drawAll();
document.addEventListener("xdrain:part", ({ detail }) => {
  if (detail.dataset.part === "history") drawAll();
  if (detail.dataset.part !== "tiles") return;
  sample();
  const missing = document.querySelectorAll("[data-chart]").length > plots.length;
  if (missing) drawAll();
  else refresh();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
let width = innerWidth;
addEventListener("resize", () => {
  if (innerWidth === width) return;
  width = innerWidth;
  for (const { plot, place } of plots) {
    plot.setSize({ width: Math.max(200, place.clientWidth), height: HEIGHT });
  }
});
