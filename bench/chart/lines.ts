import { linearScale, logScale } from "./scale.ts";
import { COLOURS, line, round, type Series, short, svg, text } from "./svg.ts";

export interface LineChart {
  readonly title: string;
  /** What the values are, as in `messages per second`. */
  readonly unit: string;
  readonly axis: string;
  /** The places on the axis, evenly spaced. */
  readonly labels: readonly string[];
  readonly scale: "log" | "linear";
  readonly series: readonly Series[];
}

const WIDTH = 780;
const HEIGHT = 400;
const PLOT = { left: 70, right: 560, top: 62, bottom: 345 };
const LABEL_GAP = 17;
const MOST_LABELS = 12;

/** Lines over evenly spaced places; each line is named at its end. */
export function lineChart(chart: LineChart): string {
  const { labels, series } = chart;
  const values = series.flatMap((one) => one.values.filter((value) => value !== undefined));
  const makeScale = chart.scale === "log" ? logScale : linearScale;
  const y = makeScale(values, PLOT.bottom, PLOT.top);
  const inset = labels.length > MOST_LABELS ? 0 : 20;
  const span = PLOT.right - PLOT.left - 2 * inset;
  const x = (i: number) => PLOT.left + inset + (i / Math.max(1, labels.length - 1)) * span;

  const body = [
    text(20, 47, `${chart.unit}${chart.scale === "log" ? ", logarithmic" : ""}`, "soft"),
  ];
  for (const tick of y.ticks) {
    body.push(line(PLOT.left, y.at(tick), PLOT.right, y.at(tick), "grid"));
    body.push(text(PLOT.left - 8, y.at(tick) + 4, short(tick), "soft", "end"));
  }
  body.push(line(PLOT.left, PLOT.bottom, PLOT.right, PLOT.bottom, "axis"));
  const every = Math.ceil(labels.length / MOST_LABELS);
  for (const [i, label] of labels.entries()) {
    if (i % every === 0) body.push(text(x(i), PLOT.bottom + 18, label, "", "middle"));
  }
  body.push(text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 38, chart.axis, "soft", "middle"));

  const names: { readonly y: number; readonly colour: number; readonly name: string }[] = [];
  for (const [i, one] of series.entries()) {
    const points = one.values.flatMap((value, at) =>
      value === undefined ? [] : [{ x: x(at), y: y.at(value), value }],
    );
    const last = points.at(-1);
    if (last === undefined) continue;
    const colour = (one.colour ?? i) % COLOURS;
    const path = points.map((point) => `${round(point.x)},${round(point.y)}`).join(" ");
    body.push(`<polyline class="line c${colour}" points="${path}"/>`);
    if (points.length <= MOST_LABELS) {
      for (const point of points) {
        body.push(
          `<circle class="f${colour}" cx="${round(point.x)}" cy="${round(point.y)}" r="3.5"/>`,
        );
      }
    }
    names.push({ y: last.y, colour, name: `${one.name}  ${short(last.value)}` });
  }
  return svg(WIDTH, HEIGHT, chart.title, [...body, ...placeNames(names)]);
}

/** Names beside the ends of their lines, moved apart where they would cover each other. */
function placeNames(
  names: readonly { readonly y: number; readonly colour: number; readonly name: string }[],
): string[] {
  const sorted = names.toSorted((a, b) => a.y - b.y);
  const ys: number[] = [];
  for (const { y } of sorted)
    ys.push(Math.max(y, (ys.at(-1) ?? Number.NEGATIVE_INFINITY) + LABEL_GAP));
  const overflow = Math.max(0, (ys.at(-1) ?? 0) - PLOT.bottom);
  for (let i = ys.length - 1, limit = PLOT.bottom; overflow > 0 && i >= 0; i -= 1) {
    ys[i] = Math.min(ys[i] ?? 0, limit);
    limit = (ys[i] ?? 0) - LABEL_GAP;
  }
  return sorted.map(({ colour, name }, i) =>
    text(PLOT.right + 10, (ys[i] ?? 0) + 4, name, `f${colour}`),
  );
}
