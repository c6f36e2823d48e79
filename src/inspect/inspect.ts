import { type ConsumerInfo, type ConsumersOptions, readConsumers } from "./consumers.ts";
import { type DelayedEntry, type DelayedOptions, readDelayed } from "./delayed.ts";
import { type EntriesOptions, type EntryInfo, readEntries } from "./entries.ts";
import { type JournalOptions, type PassRecord, readJournal } from "./journal.ts";
import type { Page } from "./page.ts";
import { type ParkedEntry, readParked, type WaitingOptions } from "./parked.ts";
import { type PendingEntry, type PendingOptions, readPending } from "./pending.ts";
import { createReader, type Inspected } from "./reader.ts";
import { showMessage } from "./show.ts";
import type { MessageStory, ShowOptions } from "./story.ts";

/**
 * Views of a queue, a page at a time: 50 items where nothing else is asked for, 500 at most. All are
 * plain reads, which may be behind on a replica; none takes part in a decision. They throw OptionError
 * for what cannot be asked, StoreError where the server does not answer or refuses to.
 */
export interface Inspection {
  /** The consumers of the group. */
  consumers(page?: ConsumersOptions): Promise<Page<ConsumerInfo>>;
  /** Messages that were handed out and not settled: owner, idle time, deliveries. */
  pending(page?: PendingOptions): Promise<Page<PendingEntry>>;
  /** Entries of the stream, with their payloads, and where each message is. */
  entries(page?: EntriesOptions): Promise<Page<EntryInfo>>;
  /** Messages that wait for their retry time, by when they are due. */
  parked(page?: WaitingOptions): Promise<Page<ParkedEntry>>;
  /** Messages that were sent and are not due yet, by when they are due. */
  delayed(page?: DelayedOptions): Promise<Page<DelayedEntry>>;
  /** What the latest passes did, about a thousand of them; the newest first. */
  journal(page?: JournalOptions): Promise<Page<PassRecord>>;
  /** Where a message is, and why it is not running. */
  show(id: string, options?: ShowOptions): Promise<MessageStory>;
}

/**
 * Looks into a queue whose store is over Redis.
 *
 * @example
 * const { items } = await inspect(orders).pending({ minIdleMs: 60_000 });
 * @throws OptionError where the queue's store is not over Redis.
 */
export function inspect(queue: Inspected): Inspection {
  const reader = createReader(queue);
  return {
    consumers: (page) => readConsumers(reader, page),
    pending: (page) => readPending(reader, page),
    entries: (page) => readEntries(reader, page),
    parked: (page) => readParked(reader, page),
    delayed: (page) => readDelayed(reader, page),
    journal: (page) => readJournal(reader, page),
    show: (id, options) => showMessage(reader, id, options),
  };
}
