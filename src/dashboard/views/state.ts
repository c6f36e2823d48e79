import { html } from "hono/html";
import type { QueueStats } from "../../statistics.ts";
import type { Html } from "../format.ts";

export type Tone = "good" | "calm" | "warn" | "bad";

/** A word with a sign of its own: never told by colour alone. */
export function badge(tone: Tone, text: string): Html {
  const signs: Readonly<Record<Tone, string>> = { good: "●", calm: "○", warn: "▲", bad: "✕" };
  return html`<span class="badge ${tone}"><span aria-hidden="true">${signs[tone]}</span> ${text}</span>`;
}

/** What the queue is doing, in a word. */
export function stateBadge({ paused, inFlight, ready }: QueueStats): Html {
  if (paused) return badge("warn", "Paused");
  if (inFlight > 0) return badge("good", "Working");
  return ready > 0 ? badge("calm", "Waiting for a pass") : badge("calm", "Idle");
}
