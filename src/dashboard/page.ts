import { html } from "hono/html";
import type { Html } from "./format.ts";
import { type Frame, layout } from "./layout.ts";
import type { Visit } from "./visit.ts";

/** A piece of a page that can be asked for again by its name. */
export interface Part {
  readonly name: string;
  /** `often`: at each refresh; `rarely`: at each sixth one; `never`: what is typed or ticked in it stays. */
  readonly refresh: "often" | "rarely" | "never";
  readonly render: () => Html | Promise<Html>;
}

export interface Page extends Omit<Frame, "body" | "live"> {
  readonly parts: readonly Part[];
}

/** Names of the parts that an open page asks for, separated by commas. */
export const PARTS_HEADER = "x-xdrain-parts";

const RARELY = 6;

/**
 * A whole page, or the parts of it that were asked for. Parts are made one after the other: what one of
 * them has read, the others may use.
 */
export async function renderPage(
  visit: Visit,
  page: Page,
  asked: string | undefined,
): Promise<Html> {
  const names = asked?.split(",");
  const wanted = page.parts.filter(({ name }) => names?.includes(name) ?? true);
  const rendered: Html[] = [];
  for (const part of wanted) rendered.push(renderPart(visit, part, await part.render()));
  if (names !== undefined) return html`${rendered}`;
  const { parts, ...frame } = page;
  const live = parts.some(({ refresh }) => refresh !== "never");
  return layout(visit, { ...frame, live, body: html`${rendered}` });
}

function renderPart({ refreshMs }: Visit, { name, refresh }: Part, content: Html): Html {
  if (refresh === "never") return html`<div id="part-${name}">${content}</div>`;
  const every = refresh === "often" ? refreshMs : refreshMs * RARELY;
  return html`<div id="part-${name}" data-part="${name}" data-every="${every}">${content}</div>`;
}
