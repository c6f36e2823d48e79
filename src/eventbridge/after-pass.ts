import type { GetScheduleCommandOutput } from "@aws-sdk/client-scheduler";
import type { DrainReport } from "../report.ts";
import { backlogOf, chooseStep } from "./cadence.ts";
import { type Calls, openCalls, type ScheduleBody } from "./calls.ts";
import { type Changed, change } from "./change.ts";
import { parseRecurring } from "./expression.ts";
import type { Recurrence } from "./next-tick.ts";
import type { ResolvedEventBridge } from "./options.ts";
import { makeWake, type Wake } from "./wake.ts";
import { whenToWake } from "./when-to-wake.ts";

/** What was asked of the service at the end of a pass. */
export interface AfterPass {
  /** Whether the cadence changed. */
  readonly cadence: "updated" | "unchanged";
  /** The next pass that was asked for; undefined where none is needed. */
  readonly wake: Wake | undefined;
}

interface Followed {
  readonly changed: Exclude<Changed, "created">;
  /** The recurring schedule as it is now; undefined where nobody looked, or there is none. */
  readonly body: ScheduleBody | undefined;
}

/** Moves the recurring schedule to the step that suits the backlog; without a cadence it does nothing. */
export async function follow(
  calls: Calls,
  resolved: ResolvedEventBridge,
  reports: readonly DrainReport[],
): Promise<Followed> {
  const { cadence, clock, soonestMs } = resolved;
  if (cadence.steps.length === 1) return { changed: "unchanged", body: undefined };
  const backlog = backlogOf(reports, clock.now(), soonestMs);
  const { changed, body } = await change(calls, resolved, (found, source) => {
    // One that nobody has made is not made here; one that is paused or over stays as it is.
    if (found === undefined || found.State === "DISABLED") return undefined;
    if ((found.EndDate?.getTime() ?? Infinity) <= clock.now()) return undefined;
    const heldMs = clock.now() - changedAt(source);
    const step = chooseStep(cadence, found.ScheduleExpression, backlog, heldMs);
    return { ...found, ScheduleExpression: step };
  });
  return { changed: changed === "updated" ? "updated" : "unchanged", body };
}

function changedAt(source: GetScheduleCommandOutput | undefined): number {
  return (source?.LastModificationDate ?? source?.CreationDate)?.getTime() ?? 0;
}

/** Lets the cadence follow, then asks for the wake that is needed. A paused schedule is not woken. */
export async function afterPass(
  resolved: ResolvedEventBridge,
  reports: readonly DrainReport[],
): Promise<AfterPass> {
  const { clock, soonestMs } = resolved;
  const calls = openCalls(resolved, "together");
  const wakeMinute = (recurrence: Recurrence) =>
    whenToWake(reports, recurrence, new Date(clock.now()), soonestMs);

  const { changed: cadence, body: followed } = await follow(calls, resolved, reports);
  if (followed === undefined && wakeMinute(recurrenceOf(undefined, resolved)) === undefined) {
    return { cadence, wake: undefined };
  }
  const body = followed ?? (await calls.get(resolved.name));
  if (body?.State === "DISABLED") return { cadence, wake: undefined };
  const minute = wakeMinute(recurrenceOf(body, resolved));
  return { cadence, wake: minute && (await makeWake(calls, resolved, minute)) };
}

/** When the schedule ticks: as it is, or as the options say where there is none of ours. */
function recurrenceOf(
  body: Partial<ScheduleBody> | undefined,
  { cadence, timeZone, start, end }: ResolvedEventBridge,
): Recurrence {
  const expression = body?.ScheduleExpression ?? "";
  if (body === undefined || parseRecurring(expression) === undefined) {
    return {
      expression: cadence.steps[0],
      timeZone,
      start: start ?? undefined,
      end: end ?? undefined,
    };
  }
  return {
    expression,
    timeZone: body.ScheduleExpressionTimezone,
    start: body.StartDate,
    end: body.EndDate,
  };
}
