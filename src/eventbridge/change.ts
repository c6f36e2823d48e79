import type { GetScheduleCommandOutput } from "@aws-sdk/client-scheduler";
import type { Calls, ScheduleBody } from "./calls.ts";
import { isScheduleError, ScheduleError } from "./errors.ts";
import type { ResolvedEventBridge } from "./options.ts";
import { bodyOf, sameBody, sendable } from "./schedule-body.ts";

export type Changed = "created" | "updated" | "unchanged";

/** What became of the recurring schedule, and how it is now; undefined where there is none. */
export interface Change {
  readonly changed: Changed;
  readonly body: ScheduleBody | undefined;
}

/** How the schedule shall be, from how it is; the same or undefined for no change. */
export type Edit = (
  found: ScheduleBody | undefined,
  source: GetScheduleCommandOutput | undefined,
) => ScheduleBody | undefined;

/** Tries before somebody else's changes win. */
const ATTEMPTS = 4;
const FIRST_WAIT_MS = 100;

/**
 * Gets the recurring schedule, and writes all of it again where it shall be another. An update has no
 * condition that the service would check, so a change by somebody else between the two is lost; when
 * the service notices, as a conflict, it is read anew.
 */
export async function change(
  calls: Calls,
  { name, clock }: ResolvedEventBridge,
  edit: Edit,
): Promise<Change> {
  for (let attempt = 1; ; attempt += 1) {
    const source = await calls.get(name);
    const found = source && bodyOf(source);
    const edited = edit(found, source);
    if (edited === undefined) return { changed: "unchanged", body: found };
    const wanted = sendable(edited, clock.now());
    if (found !== undefined && sameBody(sendable(found, clock.now()), wanted)) {
      return { changed: "unchanged", body: found };
    }
    const written = await write(calls, name, found, wanted);
    if (written !== undefined) return { changed: written, body: wanted };
    if (attempt === ATTEMPTS) {
      const message = `Somebody else kept changing "${name}"; ${ATTEMPTS} tries are used up.`;
      throw new ScheduleError("conflict", message);
    }
    await clock.sleep(Math.round(FIRST_WAIT_MS * 2 ** (attempt - 1) * clock.random()));
  }
}

/** Undefined where somebody else made, changed or removed it in between. */
async function write(
  calls: Calls,
  name: string,
  found: ScheduleBody | undefined,
  wanted: ScheduleBody,
): Promise<Changed | undefined> {
  try {
    await (found === undefined ? calls.create(name, wanted) : calls.update(name, wanted));
    return found === undefined ? "created" : "updated";
  } catch (error) {
    if (isScheduleError(error, "conflict")) return undefined;
    if (found !== undefined && isScheduleError(error, "not_found")) return undefined;
    throw error;
  }
}
