import { OptionError } from "../errors.ts";
import type { DrainReport } from "../report.ts";
import { type AfterPass, afterPass, follow } from "./after-pass.ts";
import { openCalls } from "./calls.ts";
import { type Changed, change } from "./change.ts";
import { dateOf } from "./checks.ts";
import { ScheduleError } from "./errors.ts";
import { listSchedules, removeWakes, type ScheduleEntry } from "./list.ts";
import {
  type EventBridgeOptions,
  type ResolvedEventBridge,
  resolveEventBridge,
} from "./options.ts";
import { recurringBody } from "./schedule-body.ts";
import { makeWake, type Wake } from "./wake.ts";

/** The recurring schedule of a drain, and the wakes beside it. @throws ScheduleError */
export interface EventBridge {
  /** Makes the recurring schedule, or changes it to what the options say; to repeat it is safe. */
  ensureSchedule(): Promise<Changed>;
  /** Asks for a pass in the minute of a time, or in the next minute if that is over. One call. */
  wakeAt(time: Date): Promise<Wake>;
  /** Lets the cadence follow what passes found. A call, and another where it changes. */
  follow(reports: DrainReport | readonly DrainReport[]): Promise<Exclude<Changed, "created">>;
  /**
   * What a function does at its end: lets the cadence follow, and asks to be woken when the first
   * message that waits is due. No call where there is neither a cadence nor such a message.
   */
  afterPass(reports: DrainReport | readonly DrainReport[]): Promise<AfterPass>;
  /** Stops the ticks, and removes the wakes. Its passes may go on. */
  pause(): Promise<Exclude<Changed, "created">>;
  resume(): Promise<Exclude<Changed, "created">>;
  /** Removes the schedule and its wakes, and says which. What fails in the middle can be repeated. */
  remove(): Promise<readonly string[]>;
  /** The recurring schedule and the wakes that are to come, by name. */
  list(): Promise<readonly ScheduleEntry[]>;
}

/**
 * Schedules of EventBridge Scheduler for the passes of a function. No I/O.
 *
 * @example
 * const schedule = eventBridge({ client: new SchedulerClient(), name: "orders", target });
 * await schedule.ensureSchedule();
 * @throws OptionError for an option that the service would refuse.
 */
export function eventBridge(options: EventBridgeOptions): EventBridge {
  const resolved = resolveEventBridge(options);
  const { name, clock } = resolved;

  return {
    async ensureSchedule() {
      if (resolved.end && resolved.end.getTime() <= clock.now()) {
        throw new OptionError("Expected `end` to be in the future.");
      }
      const { changed } = await change(openCalls(resolved, "together"), resolved, (found) =>
        recurringBody(found, resolved),
      );
      return changed;
    },
    async wakeAt(time) {
      return makeWake(openCalls(resolved, "together"), resolved, dateOf("time", time));
    },
    async follow(reports) {
      const { changed } = await follow(openCalls(resolved, "together"), resolved, asList(reports));
      return changed;
    },
    afterPass: (reports) => afterPass(resolved, asList(reports)),
    async pause() {
      // Twice: a pass that looked before the first time may write after it, the whole schedule or a wake.
      const changed = await stop(resolved);
      const again = await stop(resolved);
      return changed === "updated" ? changed : again;
    },
    resume: () => setState(resolved, "ENABLED"),
    async remove() {
      const calls = openCalls(resolved, "each");
      const wasThere = await calls.remove(name); // first: from now on nothing ticks
      return [...(wasThere ? [name] : []), ...(await removeWakes(calls, name))];
    },
    list: () => listSchedules(openCalls(resolved, "each"), name),
  };
}

async function stop(resolved: ResolvedEventBridge): Promise<Exclude<Changed, "created">> {
  const changed = await setState(resolved, "DISABLED");
  await removeWakes(openCalls(resolved, "each"), resolved.name);
  return changed;
}

async function setState(
  resolved: ResolvedEventBridge,
  State: "ENABLED" | "DISABLED",
): Promise<Exclude<Changed, "created">> {
  const { changed, body } = await change(openCalls(resolved, "together"), resolved, (found) =>
    found === undefined ? undefined : { ...found, State },
  );
  if (body !== undefined && changed !== "created") return changed;
  throw new ScheduleError("not_found", `There is no schedule "${resolved.name}".`);
}

function asList(reports: DrainReport | readonly DrainReport[]): readonly DrainReport[] {
  return "queue" in reports ? [reports] : reports;
}
