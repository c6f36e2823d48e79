import { type Colours, coloursFor } from "./colours.ts";
import { printableJson } from "./printable.ts";
import { type Column, tableLines } from "./table.ts";
import { type Terminal, widthOf, write } from "./terminal.ts";

/** What a command prints: for people, or with `--json` for programs. */
export interface Output {
  readonly json: boolean;
  readonly colours: Colours;
  /** One JSON value, or the lines that say it to a person. */
  value(value: unknown, lines: readonly string[] | string): Promise<void>;
  /** One JSON value a line, or a table; where there are none, a line that says so. */
  rows<Row>(rows: readonly Row[], table: Table<Row>): Promise<void>;
  /** A row of an endless list: a JSON line, or a line of text. */
  row(value: unknown, line: string): Promise<void>;
  /** For people alone, beside what is printed: on stderr. */
  note(line: string): Promise<void>;
}

export interface Table<Row> {
  readonly columns: readonly Column<Row>[];
  /** Said in place of an empty table. */
  readonly none: string;
}

export function createOutput(terminal: Terminal, json: boolean): Output {
  const { output, errors, env } = terminal;
  const colours = coloursFor(output, env);
  const lines = (texts: readonly string[]) =>
    write(output, texts.map((text) => `${text}\n`).join(""));
  const jsonLine = (value: unknown) => lines([printableJson(value)]);

  return {
    json,
    colours,

    async value(value, text) {
      if (json) await jsonLine(value);
      else await lines(typeof text === "string" ? [text] : text);
    },

    async rows(rows, { columns, none }) {
      if (json) for (const row of rows) await jsonLine(row);
      else if (rows.length === 0) await lines([none]);
      else await lines(tableLines(columns, rows, { width: widthOf(output), colours }));
    },

    row: (value, line) => (json ? jsonLine(value) : lines([line])),

    async note(line) {
      if (!json) await write(errors, `${line}\n`);
    },
  };
}
