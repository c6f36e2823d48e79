// How findings say things: commands that can be pasted into a shell, and lengths of time.

import type { Facts } from "./facts.ts";

/** A word for a shell, quoted where it has to be. */
export function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A command of Redis. */
export function redisCli(...args: readonly string[]): string {
  return ["redis-cli", ...args.map(word)].join(" ");
}

/** A command of xdrain on the queue that was examined, or on another group of its stream. */
export function xdrain(
  facts: Pick<Facts, "queue">,
  command: string,
  group: string = facts.queue.group,
): string {
  const { name, stream } = facts.queue;
  return [
    `xdrain ${command} -q ${word(name)}`,
    ...(stream === name ? [] : [`--stream ${word(stream)}`]),
    ...(group === "xdrain" ? [] : [`--group ${word(group)}`]),
  ].join(" ");
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

/** A length of time in its largest unit: "3 hours", "1.5 seconds". */
export function length(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms >= size) ?? ["ms", 1];
  const count = ms / size;
  const shown = unit === "ms" || count >= 10 ? Math.round(count) : Number(count.toFixed(1));
  return unit === "ms" ? `${shown} ms` : `${shown} ${unit}${shown === 1 ? "" : "s"}`;
}

/** A number of things: "1 message", "2,000 messages". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}

/** A rate, short: "0.25", "12". */
export function rate(perSecond: number): string {
  return perSecond >= 10 ? String(Math.round(perSecond)) : String(Number(perSecond.toPrecision(2)));
}
