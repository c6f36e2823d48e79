// What all charts share: a page of their own colour, so that they read well wherever they are shown,
// and colours that follow the reader's theme.

export interface Series {
  readonly name: string;
  readonly values: readonly (number | undefined)[];
  /** Which of the colours; without it, by its place. */
  readonly colour?: number;
}

const LIGHT = [
  "#0969da",
  "#1a7f37",
  "#8250df",
  "#bc4c00",
  "#cf222e",
  "#9a6700",
  "#57606a",
  "#bf3989",
];
const DARK = [
  "#58a6ff",
  "#3fb950",
  "#bc8cff",
  "#f0883e",
  "#ff7b72",
  "#d29922",
  "#9ea7b3",
  "#f778ba",
];

export const COLOURS = LIGHT.length;

const rules = (colours: readonly string[]) =>
  colours.map((c, i) => `.c${i}{stroke:${c}}.f${i}{fill:${c}}`).join("");

const STYLE = `
text{font:12px -apple-system,"Segoe UI",Helvetica,Arial,sans-serif;fill:#1f2328}
.title{font-size:15px;font-weight:600}.soft{fill:#59636e}
.page{fill:#fff;stroke:#d1d9e0}.grid{stroke:#e4e8ec}.axis{stroke:#818b98}
.line{fill:none;stroke-width:2.2;stroke-linejoin:round}
${rules(LIGHT)}
@media (prefers-color-scheme:dark){
text{fill:#f0f6fc}.soft{fill:#9198a1}
.page{fill:#0d1117;stroke:#3d444d}.grid{stroke:#272d35}.axis{stroke:#656c76}
${rules(DARK)}}`;

export function svg(width: number, height: number, title: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeText(title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>`,
    text(20, 28, title, "title"),
    ...body,
    "</svg>",
    "",
  ].join("\n");
}

export function text(
  x: number,
  y: number,
  content: string,
  style = "",
  anchor: "start" | "middle" | "end" = "start",
): string {
  const looks = style === "" ? "" : ` class="${style}"`;
  const where = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
  return `<text x="${round(x)}" y="${round(y)}"${looks}${where}>${escapeText(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, style: string): string {
  return `<line class="${style}" x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"/>`;
}

export const round = (value: number): number => Math.round(value * 10) / 10;

/** As on an axis: 1,200 or 35k or 1.2M. */
export function short(value: number): string {
  if (value >= 1_000_000) return `${Number((value / 1_000_000).toPrecision(3))}M`;
  if (value >= 10_000) return `${Number((value / 1_000).toPrecision(3))}k`;
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}

function escapeText(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
