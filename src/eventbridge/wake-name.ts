// A wake is named by its minute: who asks for the same minute asks for the same schedule, and the
// service makes one of them.

/** `.at-20261121T0915` */
export const WAKE_SUFFIX_LENGTH = 17;

/** The name of the wake at a whole minute, in UTC. */
export function wakeName(name: string, minute: Date): string {
  return `${name}.at-${minute.toISOString().slice(0, 16).replaceAll(/[-:]/g, "")}`;
}

/** The minute of a wake of this name; undefined for the name of something else. */
export function wakeMinute(name: string, wake: string): Date | undefined {
  if (!wake.startsWith(`${name}.at-`)) return undefined;
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)$/.exec(wake.slice(name.length + 4)) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts.map(Number);
  return parts.length === 0 ? undefined : new Date(Date.UTC(year, month - 1, day, hour, minute));
}
