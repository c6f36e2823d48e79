import { type DrainReport, StoreError } from "../../src/index.ts";

/** One line of JSON a pass, where the platform keeps its logs. */
export function logReport(report: DrainReport): void {
  // biome-ignore lint/suspicious/noConsole: the platform's log is where reports go
  console.log(JSON.stringify({ message: "pass", ...report }));
}

/** Our own errors in short; others whole, since nobody knows what they are. */
export function logError(error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: the platform's log is where errors go
  console.error(error instanceof StoreError ? JSON.stringify(error) : error);
}

export function logListening(port: number): void {
  // biome-ignore lint/suspicious/noConsole: whoever started it wants to know where it is
  console.log(JSON.stringify({ message: "listening", port }));
}
