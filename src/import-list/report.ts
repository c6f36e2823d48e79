import type { StoreError } from "../errors.ts";

/** Why the call ended. `refused`: too many items were set aside. */
export type ImportStopped =
  | "empty"
  | "messages"
  | "deadline"
  | "requests"
  | "refused"
  | "aborted"
  | "store";

/** An item that cannot be a message, and why; it is in the list `<list>:refused` now, as it was. */
export interface Refusal {
  readonly list: string;
  readonly reason: string;
  readonly bytes: number;
}

/** What one call of importList did. */
export interface ImportReport {
  readonly queue: string;
  /** Items that are messages now. */
  readonly moved: number;
  /** The same for each list. */
  readonly lists: Readonly<Record<string, number>>;
  /** Items that were set aside, and why: the first hundred of them. */
  readonly refused: number;
  readonly refusals: readonly Refusal[];
  readonly stopped: ImportStopped;
  /** Whether items are left: call again. */
  readonly more: boolean;
  /** Why it stopped, where the store failed. */
  readonly error?: StoreError;
  readonly requests: number;
  /** Redis commands, those in scripts included. */
  readonly commands: number;
  readonly elapsedMs: number;
}

/** Most refusals that a report tells in full. */
export const REFUSALS_TOLD = 100;
