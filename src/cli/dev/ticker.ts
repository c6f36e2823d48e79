import { setTimeout as wait } from "node:timers/promises";
import { UsageError } from "../errors.ts";
import type { DevLog } from "./log.ts";
import { summary } from "./report.ts";

const LONGEST_PASS_MS = 15 * 60_000;

/** @throws UsageError for what is no http address. */
export function checkTick(url: string): string {
  if (/^https?:\/\//.test(url) && URL.canParse(url)) return url;
  throw new UsageError("Expected --tick to be the http address of a function.");
}

/** Asks a function for a pass, again and again, each time so long after the last answer. */
export async function tick(
  url: string,
  options: {
    readonly token: string;
    readonly everyMs: number;
    readonly signal: AbortSignal;
    readonly log: DevLog;
  },
): Promise<void> {
  const { token, everyMs, signal, log } = options;
  let before = "";
  while (!signal.aborted) {
    const answer = await ask(url, token, signal);
    // An idle queue says the same each time: once is enough.
    if (!signal.aborted && answer !== before)
      log.tell("tick", answer, { event: "tick", url, answer });
    before = answer;
    await wait(everyMs, undefined, { signal }).catch(() => {});
  }
}

async function ask(url: string, token: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(LONGEST_PASS_MS)]),
    });
    const text = await response.text();
    return response.ok
      ? reportIn(text, response.status)
      : `${url} answered with status ${response.status}`;
  } catch {
    return `${url} does not answer`;
  }
}

function reportIn(text: string, status: number): string {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === "object" && value !== null && "stopped" in value)
      return summary({ ...value });
  } catch {
    // Another kind of function: its status says enough.
  }
  return `answered with status ${status}`;
}
