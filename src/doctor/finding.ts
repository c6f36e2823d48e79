import type { Facts } from "./facts.ts";

/** `problem`: messages are lost or stay undone; `warning`: they may be; `note`: worth knowing. */
export type Severity = "problem" | "warning" | "note";

/** Something that is not as it should be. */
export interface Finding {
  /** Stays the same between versions. */
  readonly id: string;
  readonly severity: Severity;
  /** What was seen. */
  readonly what: string;
  /** Why it matters. */
  readonly why: string;
  /** The command that mends it; what follows a `#` is for people. */
  readonly mend: string;
  /** The consumer group that it is about, where it is about one. */
  readonly group?: string;
}

/** Looks for one family of findings. It knows facts alone, and does no I/O. */
export type Check = (facts: Facts) => readonly Finding[];

/** What could not be looked at, and why. */
export interface Unseen {
  readonly what: string;
  readonly why: string;
}
