import { linearScale, logScale } from "./scale.ts";
import { line, round, short, svg, text } from "./svg.ts";

export interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly {
    readonly name: string;
    readonly value: number;
    readonly own: boolean;
  }[];
  /** A line to compare with, as in a budget. */
  readonly mark?: { readonly name: string; readonly value: number };
  readonly scale?: "linear" | "log";
}

const WIDTH = 780;
const PLOT = { left: 250, right: 680, top: 66 };
const BAR = { height: 22, gap: 10 };

/** Horizontal bars, each with its name and value. */
export function barChart({ title, unit, bars, mark, scale = "linear" }: BarChart): string {
  const values = [...bars.map(({ value }) => value), ...(mark === undefined ? [] : [mark.value])];
  const makeScale = scale === "log" ? logScale : linearScale;
  const x = makeScale(values, PLOT.left, PLOT.right);
  const bottom = PLOT.top + bars.length * (BAR.height + BAR.gap);
  const body = [text(20, 47, `${unit}${scale === "log" ? ", logarithmic" : ""}`, "soft")];
  for (const tick of x.ticks) {
    body.push(line(x.at(tick), PLOT.top - 6, x.at(tick), bottom, "grid"));
    body.push(text(x.at(tick), bottom + 18, short(tick), "soft", "middle"));
  }
  for (const [i, { name, value, own }] of bars.entries()) {
    const y = PLOT.top + i * (BAR.height + BAR.gap);
    const width = Math.max(1, x.at(value) - PLOT.left);
    body.push(text(PLOT.left - 10, y + 15, name, "", "end"));
    body.push(
      `<rect class="f${own ? 0 : 6}" x="${PLOT.left}" y="${y}" width="${round(width)}" height="${BAR.height}" rx="3"/>`,
    );
    body.push(text(PLOT.left + width + 8, y + 15, short(value)));
  }
  if (mark !== undefined) {
    body.push(line(x.at(mark.value), PLOT.top - 8, x.at(mark.value), bottom, "c4"));
    body.push(text(x.at(mark.value), PLOT.top - 13, mark.name, "f4", "middle"));
  }
  return svg(WIDTH, bottom + 34, title, body);
}
