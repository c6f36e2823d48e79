import { StoreError } from "../../src/index.ts";

/** What a store may say while its Redis dies, loads, or is a replica for a moment. */
const CODES: ReadonlySet<string> = new Set([
  "store_unavailable",
  "store_timeout",
  "store_read_only",
]);

/** False for what chaos does not explain: it would be a defect, and not to be tried again. */
export function isExpected(error: unknown): boolean {
  return error instanceof StoreError && CODES.has(error.code);
}
