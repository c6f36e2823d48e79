import { html } from "hono/html";
import { type Html, NOTHING } from "./format.ts";

type Cell = Html | string | number | undefined;

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => Cell;
  /** Numbers stand to the right. */
  readonly isNumber?: boolean;
  /** Long text takes what the others leave. */
  readonly isWide?: boolean;
  /** The cell that names its row. */
  readonly isName?: boolean;
}

export interface Table<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** What is said where there are no rows. */
  readonly empty: string;
  /** The caption is for those who cannot see the heading above. @default false */
  readonly isCaptionHidden?: boolean;
  /** It stays a table on narrow screens too. @default false */
  readonly isPlain?: boolean;
}

/** A table with its caption; on narrow screens each row becomes a list, by the labels. */
export function table<Row>({
  caption,
  columns,
  rows,
  empty,
  isCaptionHidden,
  isPlain,
}: Table<Row>): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="${isPlain ? "" : "rows"}">
    <caption class="${isCaptionHidden ? "hidden" : ""}">${caption}</caption>
    <thead><tr>${columns.map(
      (column) => html`<th scope="col" class="${classOf(column)}">${column.head}</th>`,
    )}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${columns.map((column) => cellOf(column, row))}</tr>`)}</tbody>
  </table></div>`;
}

function cellOf<Row>(column: Column<Row>, row: Row): Html {
  const content = column.cell(row) ?? NOTHING;
  const classes = classOf(column);
  return column.isName
    ? html`<th scope="row" class="${classes}" data-label="${column.head}"><div>${content}</div></th>`
    : html`<td class="${classes}" data-label="${column.head}"><div>${content}</div></td>`;
}

function classOf<Row>({ isNumber, isWide }: Column<Row>): string {
  return isNumber ? "number" : isWide ? "wide" : "";
}

/** The way to the next page, and back to the first one. */
export function pager(path: string, parameter: string, here: string | undefined, next?: string) {
  if (here === undefined && next === undefined) return undefined;
  const nextPath = `${path}?${new URLSearchParams({ [parameter]: next ?? "" })}`;
  return html`<nav class="pager" aria-label="Pages">
    ${here !== undefined && html`<a href="${path}">First page</a>`}
    ${next !== undefined && html`<a href="${nextPath}" rel="next">Next page</a>`}
  </nav>`;
}
