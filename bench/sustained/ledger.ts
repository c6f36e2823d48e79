import type { DrainReport } from "../../src/index.ts";

/** Passes that run at the same time. */
export const PASSES = 3;
/** One message in so many fails the first time. */
export const FAILING = 20;

export interface Message {
  readonly number: number;
  /** When it was sent. */
  readonly at: number;
}

export type Ask = { readonly kind: "sample" } | { readonly kind: "finish"; readonly sent: number };

export type Tell =
  | { readonly kind: "sample"; readonly heap: number }
  | ({ readonly kind: "finish" } & Closing);

/** What the functions did in the end. */
export interface Closing {
  readonly passes: number;
  readonly retried: number;
  readonly missing: number;
  /** Worked on to the end more than once. */
  readonly repeated: number;
  /** From the send to the first delivery, in milliseconds. */
  readonly waitMedianMs: number;
  readonly wait99Ms: number;
}

const MOST_MESSAGES = 10_000_000;
const LONGEST_WAIT_MS = 120_000;

/** All of its memory is taken at the beginning, so that it does not look like growth. */
export function createLedger() {
  const completions = new Uint8Array(MOST_MESSAGES);
  const waits = new Uint32Array(LONGEST_WAIT_MS + 1);
  let passes = 0;
  let retried = 0;

  /** The wait that the share `q` of all messages did not exceed. */
  function waitAt(q: number): number {
    const wanted = q * waits.reduce((sum, count) => sum + count, 0);
    let counted = 0;
    return waits.findIndex((count) => {
      counted += count;
      return counted >= wanted;
    });
  }

  return {
    waited(ms: number): void {
      const at = Math.min(LONGEST_WAIT_MS, Math.max(0, ms));
      waits[at] = (waits[at] ?? 0) + 1;
    },
    completed(number: number): void {
      completions[number] = (completions[number] ?? 0) + 1;
    },
    passed(report: DrainReport): void {
      passes += 1;
      retried += report.retried;
    },
    close(sent: number): Closing {
      const all = completions.subarray(0, sent);
      return {
        passes,
        retried,
        missing: all.filter((count) => count === 0).length,
        repeated: all.filter((count) => count > 1).length,
        waitMedianMs: waitAt(0.5),
        wait99Ms: waitAt(0.99),
      };
    },
  };
}
