import { html } from "hono/html";
import { assets } from "./assets.generated.ts";
import type { Html } from "./format.ts";
import { THEMES, type Theme, type Visit } from "./visit.ts";

/** A link in the line that tells where one is. */
export interface Crumb {
  readonly text: string;
  readonly href: string;
}

export interface Frame {
  readonly title: string;
  readonly crumbs?: readonly Crumb[];
  /** Whether parts of it are asked for again, so that there is something to hold. */
  readonly live?: boolean;
  readonly charts?: boolean;
  readonly body: Html;
}

export function assetPath({ base }: Pick<Visit, "base">, name: keyof typeof assets): string {
  return `${base}/assets/${assets[name].file}`;
}

/** A whole page. */
export function layout(visit: Visit, { title, crumbs = [], live, charts, body }: Frame): Html {
  return html`<!doctype html>
<html lang="en" data-theme="${visit.theme}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} · xdrain</title>
<link rel="icon" type="image/svg+xml" href="${assetPath(visit, "icon")}">
${charts && html`<link rel="stylesheet" href="${assetPath(visit, "plotStyle")}">`}
<link rel="stylesheet" href="${assetPath(visit, "style")}">
<script type="module" src="${assetPath(visit, "small")}"></script>
${live && html`<script type="module" src="${assetPath(visit, "live")}"></script>`}
${
  charts &&
  html`<script defer src="${assetPath(visit, "plot")}"></script>
<script type="module" src="${assetPath(visit, "charts")}"></script>`
}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
  <a class="brand" href="${visit.base}/">${logo()}<span>xdrain</span></a>
  ${breadcrumbs(crumbs)}
  ${visit.session && tools(visit, visit.session.proof, live === true)}
</header>
<main id="main" tabindex="-1">
${body}
</main>
</body>
</html>`;
}

function breadcrumbs(crumbs: readonly Crumb[]): Html | undefined {
  if (crumbs.length === 0) return undefined;
  return html`<nav class="crumbs" aria-label="Where you are"><ol>
    ${crumbs.map(({ text, href }) => html`<li><a href="${href}">${text}</a></li>`)}
  </ol></nav>`;
}

function tools(visit: Visit, proof: string, live: boolean): Html {
  return html`<div class="tools">
    ${
      live &&
      html`<span class="live" data-live-state="on">
      <button type="button" class="quiet" aria-pressed="true" data-live-switch>
        <span class="dot" aria-hidden="true"></span><span data-live-text>Live</span>
      </button></span>`
    }
    ${themeSwitch(visit, proof)}
    <form method="post" action="${visit.base}/sign-out" class="who">
      <input type="hidden" name="proof" value="${proof}">
      <span class="role" title="Signed in with this role">${visit.session?.role}</span>
      <button class="quiet">Sign out</button>
    </form>
  </div>`;
}

const THEME_NAMES: Readonly<Record<Theme, string>> = {
  auto: "As the system",
  light: "Light",
  dark: "Dark",
};

function themeSwitch({ base, theme, here }: Visit, proof: string): Html {
  return html`<form method="post" action="${base}/theme" class="themes" role="group" aria-label="Theme">
    <input type="hidden" name="proof" value="${proof}">
    <input type="hidden" name="next" value="${here}">
    ${THEMES.map(
      (one) =>
        html`<button name="theme" value="${one}" class="quiet" aria-pressed="${String(one === theme)}"
        title="${THEME_NAMES[one]}" aria-label="${THEME_NAMES[one]}">${themeIcon(one)}</button>`,
    )}
  </form>`;
}

function themeIcon(theme: Theme): Html {
  const shapes: Readonly<Record<Theme, Html>> = {
    auto: html`<circle cx="8" cy="8" r="6"/><path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor"/>`,
    light: html`<circle cx="8" cy="8" r="3"/><path d="M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.5 1.5M11.5 11.5L13 13M3 13l1.5-1.5M11.5 4.5L13 3"/>`,
    dark: html`<path d="M13.5 9.5A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7z"/>`,
  };
  return html`<svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${shapes[theme]}</svg>`;
}

function logo(): Html {
  return html`<svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true"><rect width="32" height="32" rx="8" class="logo"/><path d="M8 10h16M8 16h11M8 22h6" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>`;
}
