import { html } from "hono/html";

/** A piece of a page: text that was put into it is escaped. */
export type Html = ReturnType<typeof html>;

export const NOTHING = "–";

/** `12,345` */
export function number(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** `350 ms`, `4.2 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h` */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 60) return `${short(seconds)} s`;
  const [large, small, units] = parts(Math.round(seconds));
  return small === 0 ? `${large} ${units[0]}` : `${large} ${units[0]} ${small} ${units[1]}`;
}

function parts(seconds: number): readonly [number, number, readonly [string, string]] {
  if (seconds < 3_600) return [Math.floor(seconds / 60), seconds % 60, ["min", "s"]];
  const minutes = Math.round(seconds / 60);
  if (minutes < 1_440) return [Math.floor(minutes / 60), minutes % 60, ["h", "min"]];
  const hours = Math.round(minutes / 60);
  return [Math.floor(hours / 24), hours % 24, ["d", "h"]];
}

/** One digit behind the point below ten, none above. */
function short(value: number): string {
  return value < 10 ? String(Number(value.toFixed(1))) : String(Math.floor(value));
}

/** `12.3 MB` */
export function bytes(count: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${short(value)} ${units[unit]}`;
}

/** `0.4`, `12`, `1,250` a second */
export function rate(perSecond: number): string {
  if (perSecond === 0) return "0";
  if (perSecond < 0.1) return "< 0.1";
  return perSecond < 10 ? short(perSecond) : number(perSecond);
}

/** `0.5 %` */
export function percent(share: number): string {
  if (share === 0) return "0 %";
  return share < 0.001 ? "< 0.1 %" : `${Number((share * 100).toFixed(1))} %`;
}

/** How long ago or from now, with the time itself beside it. */
export function when(date: Date, now: Date): Html {
  const ms = date.getTime() - now.getTime();
  const distance = duration(Math.abs(ms));
  const text = Math.abs(ms) < 1_000 ? "now" : ms < 0 ? `${distance} ago` : `in ${distance}`;
  const clock = moment(date);
  return html`<time datetime="${date.toISOString()}" title="${clock}">${text}</time>`;
}

/** `2026-11-21 11:56:51 UTC` */
export function moment(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** `1 message`, `3 messages` */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}
