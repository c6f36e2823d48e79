import type { Calls } from "./calls.ts";
import { ScheduleError } from "./errors.ts";
import { wakeMinute } from "./wake-name.ts";

/** A schedule of the service that is one of ours. */
export interface ScheduleEntry {
  readonly name: string;
  readonly kind: "recurring" | "wake";
  /** False while it is paused. */
  readonly enabled: boolean;
  /** When a wake is to come. */
  readonly at: Date | undefined;
}

/** A hundred thousand schedules: more than that is no list, but a service that repeats itself. */
const MAX_PAGES = 1_000;

/** The recurring schedule of a name and its wakes; others that begin with the same letters are not ours. */
export async function listSchedules(calls: Calls, name: string): Promise<readonly ScheduleEntry[]> {
  const entries: ScheduleEntry[] = [];
  let token: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await calls.page(name, token);
    for (const { Name = "", State } of page.Schedules ?? []) {
      const at = wakeMinute(name, Name);
      if (Name !== name && at === undefined) continue;
      const kind = at === undefined ? "recurring" : "wake";
      entries.push({ name: Name, kind, enabled: State !== "DISABLED", at });
    }
    token = page.NextToken;
    if (token === undefined) return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  throw new ScheduleError("unavailable", `The list of "${name}" had no end.`);
}

/** Removes the wakes of a name that are to come, and says which. */
export async function removeWakes(calls: Calls, name: string): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const entry of await listSchedules(calls, name)) {
    if (entry.kind === "wake" && (await calls.remove(entry.name))) removed.push(entry.name);
  }
  return removed;
}
