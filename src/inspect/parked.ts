import { onlyKnown } from "../expect.ts";
import { type Page, pageSize } from "./page.ts";
import type { Reader } from "./reader.ts";
import { readByScore } from "./scores.ts";

/** A message that waits for its retry time, or was given back. */
export interface ParkedEntry {
  readonly id: string;
  readonly dueAt: Date;
  /** Deliveries that count so far, as far as 511. */
  readonly deliveries: number;
  /** Whether a pass may have died with it. */
  readonly mayHaveCrashed: boolean;
}

export interface WaitingOptions {
  /** The `next` of the page before. */
  readonly after?: string;
  /** @default 50 */
  readonly count?: number;
}

/** What is due first comes first. */
export async function readParked(
  reader: Reader,
  options: WaitingOptions = {},
): Promise<Page<ParkedEntry>> {
  onlyKnown("parked", options, ["after", "count"]);
  const { after } = options;
  const page = await readByScore(reader, reader.keys.parked, {
    after,
    count: pageSize(options.count),
  });
  const items = page.items.map(({ member, score }) => ({ id: member, ...readParkedScore(score) }));
  return { items, next: page.next };
}

/** The score is due × 1024, plus 512 where there may be a crash record, plus the deliveries. */
export function readParkedScore(score: number): Omit<ParkedEntry, "id"> {
  const count = score % 1024;
  return {
    dueAt: new Date(Math.floor(score / 1024)),
    deliveries: count % 512,
    mayHaveCrashed: count >= 512,
  };
}
