/**
 * Moving over from a Redis list that served as a queue.
 * @module
 */

export { importList } from "./import-list.ts";
export type { Decode, ImportOptions } from "./options.ts";
export type { ImportReport, ImportStopped, Refusal } from "./report.ts";
