// Numbers and times as people read them.

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** A length of time in at most two units: "2h 5m", "340ms". */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))}ms`;
  const first = UNITS.findIndex(([, size]) => ms >= size);
  const [unit, size] = UNITS[first] ?? UNITS[3];
  const next = UNITS[first + 1];
  if (next === undefined) {
    const seconds = ms / size;
    return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.floor(seconds)}${unit}`;
  }
  const rest = Math.floor((ms % size) / next[1]);
  return rest === 0
    ? `${Math.floor(ms / size)}${unit}`
    : `${Math.floor(ms / size)}${unit} ${rest}${next[0]}`;
}

/** A time of the past or the future as seen from now: "3m ago", "in 2h". */
export function fromNow(time: number, now: number): string {
  const away = time - now;
  return away > 0 ? `in ${duration(away)}` : `${duration(-away)} ago`;
}

/** A time to the millisecond, in UTC. */
export function timestamp(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : "-";
}

/** Bytes in powers of 1024. */
export function bytes(count: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10));
  const value = count / 1024 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

/** A whole number with its thousands apart. */
export function whole(count: number): string {
  return count.toLocaleString("en-US");
}

/** A number of things: "1 message", "2,000 messages". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}
