import type { Calls } from "./calls.ts";
import { isScheduleError } from "./errors.ts";
import type { ResolvedEventBridge } from "./options.ts";
import { wakeBody } from "./schedule-body.ts";
import { wakeName } from "./wake-name.ts";
import { wakeMinuteFor } from "./when-to-wake.ts";

/** A pass that was asked for. */
export interface Wake {
  readonly name: string;
  /** The minute in which the service invokes the target. */
  readonly at: Date;
  /** False where somebody had asked for the same minute already. */
  readonly created: boolean;
}

/** Makes the wake of a time's minute; that there is one already is as good. */
export async function makeWake(
  calls: Calls,
  resolved: ResolvedEventBridge,
  time: Date,
): Promise<Wake> {
  const at = wakeMinuteFor(time, new Date(resolved.clock.now()));
  const name = wakeName(resolved.name, at);
  try {
    await calls.create(name, wakeBody(at, resolved));
    return { name, at, created: true };
  } catch (error) {
    if (isScheduleError(error, "conflict")) return { name, at, created: false };
    throw error;
  }
}
