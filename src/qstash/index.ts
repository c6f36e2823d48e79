/**
 * Upstash QStash as a caller of `xdrain/http`. It needs the package `jose`.
 * @module
 */
export { type QstashOptions, qstash } from "./qstash.ts";
