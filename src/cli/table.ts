import type { Colours } from "./colours.ts";
import { cut, printable } from "./printable.ts";

/** One column of a table for people. */
export interface Column<Row> {
  readonly title: string;
  /** The cell; undefined is shown as a dash. */
  cell(row: Row): string | number | undefined;
  /** Numbers stand on the right. @default "left" */
  readonly align?: "left" | "right";
}

const GAP = "  ";
const LEAST = 8;

/**
 * The lines of a table. Where a width is known, the last column is cut to it; the others are shown
 * whole.
 */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  look: { readonly width: number | undefined; readonly colours: Colours },
): string[] {
  const cells = rows.map((row) => columns.map((column) => cellText(column.cell(row))));
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, i) =>
    Math.max(...[titles, ...cells].map((line) => [...(line[i] ?? "")].length)),
  );
  const line = (texts: readonly string[]) => layOut(texts, columns, widths, look.width);
  return [look.colours.bold(line(titles)), ...cells.map(line)];
}

function cellText(value: string | number | undefined): string {
  return value === undefined || value === "" ? "-" : printable(String(value));
}

function layOut<Row>(
  texts: readonly string[],
  columns: readonly Column<Row>[],
  widths: readonly number[],
  width: number | undefined,
): string {
  const last = texts.length - 1;
  const before = texts.slice(0, last).map((text, i) => {
    const room = " ".repeat((widths[i] ?? 0) - [...text].length);
    return columns[i]?.align === "right" ? room + text : text + room;
  });
  const used = before.reduce((sum, text) => sum + text.length + GAP.length, 0);
  const text = texts[last] ?? "";
  const end = columns[last]?.align === "right" ? text.padStart(widths[last] ?? 0) : text;
  const fitting = width === undefined ? end : cut(end, Math.max(LEAST, width - used));
  return [...before, fitting].join(GAP).trimEnd();
}
