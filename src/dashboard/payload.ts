import { html } from "hono/html";
import type { Content } from "../inspect/index.ts";
import { bytes, type Html, number } from "./format.ts";

/** How much of a payload a list reads, and how much of it a message's own page. */
export const SNIPPET_CHARS = 240;
export const PAYLOAD_CHARS = 50_000;

/** The beginning of a payload, for a line of a list. */
export function snippet({ payload, payloadIsCut, problem }: Content): Html {
  if (problem !== undefined && payload === "") return html`<em class="problem">${problem}</em>`;
  return html`<code class="snippet">${payload}${payloadIsCut ? "…" : ""}</code>`;
}

/** A payload to read, with what there is to say of it; what is not JSON is shown as it is. */
export function payloadView({ payload, payloadIsCut, payloadLength, problem }: Content): Html {
  return html`
    ${problem !== undefined && html`<p class="notice bad" role="note">${problem}</p>`}
    ${payload !== "" && html`<pre class="payload" tabindex="0" aria-label="Payload"><code>${problem === undefined ? indentJson(payload) : payload}</code></pre>`}
    ${
      payloadIsCut &&
      html`<p class="hint">The first ${number(payload.length)} of ${number(payloadLength)} characters (${bytes(payloadLength)}).</p>`
    }`;
}

/**
 * Breaks JSON into lines without reading it, so that numbers beyond JavaScript's and text that was cut
 * stay as they are.
 */
export function indentJson(text: string): string {
  const tokens = text.match(/"(?:[^"\\]|\\.)*"?|[{[]\s*[}\]]|[{}[\],:]|[^\s"{}[\],:]+/gs) ?? [];
  let depth = 0;
  let result = "";
  for (const token of tokens) {
    const closes = token === "}" || token === "]";
    if (closes) depth = Math.max(0, depth - 1);
    if (closes) result += `\n${"  ".repeat(depth)}`;
    result += token === ":" ? ": " : token.replace(/^([{[])\s+([}\]])$/, "$1$2");
    if (token === "{" || token === "[") depth += 1;
    if (token === "{" || token === "[" || token === ",") {
      result += `\n${"  ".repeat(Math.min(depth, 40))}`;
    }
  }
  return result;
}
