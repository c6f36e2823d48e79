import { createReadStream, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { PassEnd } from "./observe.ts";

/** How a handler run ended. `open` is one that a kill cut off. */
export type RunEnd =
  | "open"
  | "worked"
  | "failed"
  | "aborted"
  | "confirmed"
  | "lease lost"
  | "unanswered";

export interface Run {
  readonly n: number;
  readonly id: string;
  readonly delivery: number;
  /** When the claim that handed it out was asked for. */
  readonly askedAt: number;
  readonly startedAt: number;
  end: RunEnd;
  succeeded: boolean;
}

/** An answer that a message is completed. */
export interface Confirmation {
  readonly id: string;
  readonly delivery: number;
  readonly at: number;
}

/** An answer that a message is stored. */
export interface SentRecord {
  readonly n: number;
  readonly id: string;
  readonly at: number;
}

export interface Ledger {
  /** Messages that somebody tried to send. */
  readonly tried: Set<number>;
  readonly sent: SentRecord[];
  readonly runs: Run[];
  readonly confirmations: Confirmation[];
  /** Handler runs of each kind of function. */
  readonly runsBy: Record<string, number>;
  readonly passes: { ended: number; readonly totals: Record<string, number> };
}

export const RUNS = ".runs";
export const SENDS = ".sends";

export function emptyLedger(): Ledger {
  return {
    tried: new Set(),
    sent: [],
    runs: [],
    confirmations: [],
    runsBy: {},
    passes: { ended: 0, totals: {} },
  };
}

/** Reads what producers and functions wrote, one file after the other. */
export async function readLedger(folder: string): Promise<Ledger> {
  const ledger = emptyLedger();
  for (const name of readdirSync(folder).sort()) {
    const read = name.endsWith(RUNS) ? runReader(ledger) : sendReader(ledger);
    if (!name.endsWith(RUNS) && !name.endsWith(SENDS)) continue;
    const lines = createInterface({ input: createReadStream(join(folder, name)) });
    const before = ledger.runs.length;
    for await (const line of lines) if (line !== "") read(line);
    const who = name.split("-")[0] ?? "";
    const runs = ledger.runs.length - before;
    if (runs > 0) ledger.runsBy[who] = (ledger.runsBy[who] ?? 0) + runs;
  }
  return ledger;
}

/** Reads the file of one producer. */
export function sendReader(ledger: Ledger): (line: string) => void {
  return (line) => {
    const [kind, ...words] = line.split(" ");
    if (kind === "t") {
      for (const word of words) ledger.tried.add(Number(word));
    } else if (kind === "k") {
      const at = Number(words[0]);
      for (const word of words.slice(1)) {
        const [n, id = ""] = word.split(":");
        ledger.sent.push({ n: Number(n), id, at });
      }
    } else throw new Error(`A producer's file has a line that is none: ${line}`);
  };
}

/** Reads the file of one life of a function; what is open at its end, a kill has cut off. */
export function runReader(ledger: Ledger): (line: string) => void {
  let open = new Map<string, Run>();

  function end(ids: readonly string[], how: RunEnd): void {
    for (const id of ids) {
      const run = open.get(id);
      if (run === undefined) continue;
      run.end = how;
      open.delete(id);
    }
  }

  function passEnded(text: string): void {
    const { counts } = JSON.parse(text) as PassEnd;
    const { passes } = ledger;
    passes.ended += 1;
    for (const [name, count] of Object.entries(counts)) {
      passes.totals[name] = (passes.totals[name] ?? 0) + count;
    }
    // Its store failed: what it had done by then, nobody was told.
    end([...open.keys()], "unanswered");
    open = new Map();
  }

  return (line) => {
    const [kind, ...words] = line.split(" ");
    const [first = ""] = words;
    switch (kind) {
      case "s": {
        const [n, id = "", delivery, askedAt, startedAt] = words;
        const run: Run = {
          n: Number(n),
          id,
          delivery: Number(delivery),
          askedAt: Number(askedAt),
          startedAt: Number(startedAt),
          end: "open",
          succeeded: false,
        };
        ledger.runs.push(run);
        open.set(id, run);
        return;
      }
      case "d": {
        const run = open.get(first);
        if (run !== undefined) {
          run.end = "worked";
          run.succeeded = true;
        }
        return;
      }
      case "f":
        return end(words, "failed");
      case "a":
        return end(words, "aborted");
      case "c":
        for (const word of words.slice(1)) {
          const [id = "", delivery] = word.split("/");
          ledger.confirmations.push({ id, delivery: Number(delivery), at: Number(first) });
          end([id], "confirmed");
        }
        return;
      case "l":
        return end(words, "lease lost");
      case "u":
        return end(words, "unanswered");
      case "e":
        return passEnded(line.slice(2));
      default:
        throw new Error(`A function's file has a line that is none: ${line}`);
    }
  };
}
