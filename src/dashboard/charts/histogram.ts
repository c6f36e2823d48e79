import { html } from "hono/html";
import type { Histogram } from "../../statistics.ts";
import { duration, type Html, number, percent } from "../format.ts";

const WIDTH = 100;

/** Bars are drawn by the server: they are read without scripts, and need no style of their own. */
export function histogramFigure(name: string, title: string, histogram: Histogram): Html {
  const { bounds, counts, sumMs } = histogram;
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) {
    return html`<figure class="histogram"><figcaption><h2>${title}</h2></figcaption><p class="empty">Nothing was measured yet.</p></figure>`;
  }
  const most = Math.max(...counts);
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  // From where something is, with an empty one on either side to show that it ends there.
  const rows = counts
    .map((count, i) => ({ count, label: labelOf(bounds, i) }))
    .slice(Math.max(0, first - 1), last + 2);
  return html`<figure class="histogram"><figcaption><h2>${title}</h2>
    <p class="hint">${duration(sumMs / total)} on the average, of ${number(total)}</p></figcaption>
    <div class="scroll" role="region" aria-label="${title}" tabindex="0"><table class="bars" id="histogram-${name}">
    <caption class="hidden">${title}</caption>
    <thead class="hidden"><tr><th scope="col">Time</th><th scope="col">Share</th><th scope="col">How often</th></tr></thead>
    <tbody>${rows.map(
      ({ count, label }) => html`<tr><th scope="row">${label}</th>
        <td class="share"><svg viewBox="0 0 ${WIDTH} 10" preserveAspectRatio="none" role="img" aria-label="${percent(count / total)}"><rect width="${(count / most) * WIDTH}" height="10"/></svg></td>
        <td class="number">${number(count)}</td></tr>`,
    )}</tbody></table></div></figure>`;
}

function labelOf(bounds: readonly number[], i: number): string {
  const bound = bounds[i];
  return bound === undefined
    ? `> ${duration((bounds.at(-1) ?? 0) * 1_000)}`
    : `≤ ${duration(bound * 1_000)}`;
}
