import { html } from "hono/html";
import type { Html } from "../format.ts";
import { pathOf } from "../visit.ts";
import type { Place } from "./queue-page.ts";

/** A message's id, as the way to its story. */
export function messageLink({ visit, viewed }: Place, id: string): Html {
  return html`<a class="id" href="${pathOf(visit, viewed.queue, "messages", id)}">${id}</a>`;
}

/** A form that changes something: it brings the proof of its session along. */
export function changeForm(
  { visit, viewed }: Place,
  change: string,
  { inside, className = "" }: { readonly inside: Html; readonly className?: string },
): Html {
  return html`<form method="post" action="${pathOf(visit, viewed.queue, change)}" class="${className}">
    <input type="hidden" name="proof" value="${visit.session?.proof}">
    ${inside}
  </form>`;
}
