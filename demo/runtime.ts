import type { Totals } from "./reports.ts";

/** One kind of function, as it runs in the demo. */
export interface Runtime {
  /** As in "Worker". */
  readonly name: string;
  /** Which of our functions it is, and what runs it here. */
  readonly what: string;
  /** Makes it do one pass, as its schedule would, and reads the report of it. */
  tick(): Promise<Totals>;
}

/** What a function needs to know: where Redis is, and how the inbox is set up here. */
export interface FunctionEnv {
  readonly UPSTASH_REDIS_REST_URL: string;
  readonly UPSTASH_REDIS_REST_TOKEN: string;
  readonly INBOX_STREAM: string;
  readonly INBOX_LEASE: string;
  readonly INBOX_BACKOFF: string;
  readonly INBOX_FAULTS: string;
  readonly INBOX_RESULTS: string;
}

/**
 * How much one pass may do. Small enough that all three get their share: without a limit the first
 * pass would take the whole inbox, before the others have looked.
 */
export const PASS = { maxMessages: 25, maxDuration: "5 s" } as const;
