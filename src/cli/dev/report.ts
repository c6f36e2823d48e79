import type { ChildProcess } from "node:child_process";
import type { DevLog } from "./log.ts";

/** The text of an error that a pass tells as JSON; undefined for any other line. */
export function errorIn(line: string): string | undefined {
  if (!line.startsWith('{"error":')) return undefined;
  try {
    const { error } = JSON.parse(line) as { readonly error: { readonly message?: unknown } };
    return typeof error.message === "string" ? error.message : undefined;
  } catch {
    return undefined;
  }
}

/** Logs the report that a pass prints when it ends; `otherwise` is called if there is none. */
export function tellReport(
  child: ChildProcess,
  log: DevLog,
  otherwise: (status: number | null, by: NodeJS.Signals | null) => void,
): void {
  let text = "";
  child.stdout?.on("data", (chunk) => {
    text += String(chunk);
  });
  child.once("close", (status, by) => {
    try {
      const report = JSON.parse(text) as Readonly<Record<string, unknown>>;
      if (!isIdle(report)) log.tell("pass", summary(report), { event: "pass", report });
    } catch {
      otherwise(status, by);
    }
  });
}

/** Ended before it had anything to do. */
function isIdle(report: Readonly<Record<string, unknown>>): boolean {
  return report.stopped === "aborted" && doneBy(report).length === 0;
}

/** What a report says that is not zero. */
export function summary(report: Readonly<Record<string, unknown>>): string {
  const done = doneBy(report);
  const { error } = report as { readonly error?: { readonly message?: unknown } };
  const why = error?.message === undefined ? "" : `: ${error.message}`;
  const what = done.length > 0 ? done.join(", ") : why === "" ? "nothing to do" : "nothing done";
  const stopped = report.stopped === "aborted" ? "" : ` (${report.stopped})`;
  return `${report.queue}: ${what}${stopped}${why}`;
}

function doneBy(report: Readonly<Record<string, unknown>>): readonly string[] {
  return ["completed", "retried", "dead", "released"]
    .filter((name) => Number(report[name]) > 0)
    .map((name) => `${report[name]} ${name}`);
}
