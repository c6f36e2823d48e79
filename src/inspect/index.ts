/**
 * Looks into a queue page by page, by commands that only read: a read-only token suffices. Two operations by
 * hand change something: `claim` frees a message from the pass that has it, `trim` removes completed entries.
 * @module
 */

export { type Claimed, type ClaimOptions, type ClaimOutcome, claim } from "./claim.ts";
export type { ConsumerInfo, ConsumersOptions } from "./consumers.ts";
export type { DelayedEntry, DelayedOptions } from "./delayed.ts";
export type { EntriesOptions, EntryInfo, EntryState } from "./entries.ts";
export { type Inspection, inspect } from "./inspect.ts";
export type { JournalOptions, PassRecord } from "./journal.ts";
export type { Page } from "./page.ts";
export type { ParkedEntry, WaitingOptions } from "./parked.ts";
export type { Content } from "./payload.ts";
export type { PendingEntry, PendingOptions } from "./pending.ts";
export type { Inspected } from "./reader.ts";
export type { MessageStory, ShowOptions, Whereabouts } from "./story.ts";
export { type TrimHold, type TrimOptions, type TrimReport, trim } from "./trim.ts";
