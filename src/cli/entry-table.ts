import type { EntryInfo } from "../inspect/index.ts";
import type { Colours } from "./colours.ts";
import { duration } from "./format.ts";
import type { Table } from "./output.ts";
import { cut, printable } from "./printable.ts";

/** How much of a payload is read: for people a line, for programs all that there may be. */
export function payloadCharsFor(json: boolean): number {
  return json ? 1_000_000 : 500;
}

const SHOWN = 200;

/** An entry as a program takes it: its payload as JSON where that could be read whole. */
export function entryJson(entry: Omit<EntryInfo, "id" | "addedAt" | "state">): object {
  const { payload, payloadIsCut, problem } = entry;
  const readable = !payloadIsCut && problem === undefined;
  return { ...entry, payload: readable ? parsed(payload) : payload };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

export function entryTable(now: number): Table<EntryInfo> {
  return {
    none: "There are no such entries.",
    columns: [
      { title: "ID", cell: ({ id }) => id },
      { title: "AGE", align: "right", cell: ({ addedAt }) => duration(now - addedAt.getTime()) },
      { title: "STATE", cell: ({ state }) => stateWord(state) },
      { title: "KEY", cell: ({ idempotencyKey }) => idempotencyKey && cut(idempotencyKey, 24) },
      { title: "PAYLOAD", cell: (entry) => payloadText(entry) },
    ],
  };
}

/** One entry in a line, for an endless list. */
export function entryLine(entry: EntryInfo, colours: Colours): string {
  return `${entry.id}  ${colours.dim(stateWord(entry.state).padEnd(9))}  ${printable(payloadText(entry))}`;
}

export function stateWord(state: EntryInfo["state"]): string {
  return state === "inFlight" ? "in flight" : state;
}

export function payloadText({ payload, problem }: Pick<EntryInfo, "payload" | "problem">): string {
  return problem === undefined ? cut(payload, SHOWN) : `(${problem})`;
}
