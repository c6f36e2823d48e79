import { type Duration, milliseconds } from "../duration.ts";
import { onlyKnown, refuse } from "../expect.ts";
import type { DrainReport } from "../report.ts";
import { recurringExpression } from "./expression.ts";

/** How often a queue is drained, by what the passes find. */
export interface CadenceOptions {
  /**
   * Recurring expressions, the busiest first; a pass that found work goes to the first, one that found
   * none a step on. Cron expressions tick at times that are known; a rate begins anew, and maybe with
   * a tick at once, whenever it is set. @default each minute, each 5 minutes, each 15 minutes
   */
  readonly steps?: readonly string[];
  /** How long a step is kept before a rarer one follows. @default "5 m" */
  readonly patience?: Duration;
}

export interface ResolvedCadence {
  /** One alone is no cadence: nothing follows the passes. */
  readonly steps: readonly [string, ...string[]];
  readonly patienceMs: number;
}

const STEPS = ["cron(* * * * ? *)", "cron(0/5 * * * ? *)", "cron(0/15 * * * ? *)"];

export function resolveCadence(options: CadenceOptions): ResolvedCadence {
  onlyKnown("`cadence`", options, ["steps", "patience"]);
  const { steps = STEPS, patience = "5 m" } = options;
  if (!Array.isArray(steps) || new Set(steps).size !== steps.length || steps.length < 2) {
    return refuse("cadence.steps", "two or more different expressions", steps);
  }
  const checked = steps.map((step, i) => recurringExpression(`cadence.steps[${i}]`, step));
  return {
    steps: checked as [string, ...string[]],
    patienceMs: milliseconds("cadence.patience", patience, { min: 0, max: 86_400_000 }),
  };
}

/** What passes say of a queue; `unknown` where they could not see whether there is work. */
export type Backlog = "busy" | "idle" | "unknown";

type Finding = Pick<DrainReport, "stopped" | "more" | "claimed" | "nextDueAt">;

/**
 * Busy where any pass found work, or left some that is due too soon for a wake; idle where all of them
 * saw that there is none.
 */
export function backlogOf(reports: readonly Finding[], now: number, soonestMs: number): Backlog {
  const isNear = (due: Date | undefined) => due !== undefined && due.getTime() - now < soonestMs;
  if (reports.some(({ more, claimed, nextDueAt }) => more || claimed > 0 || isNear(nextDueAt))) {
    return "busy";
  }
  const sawAll = reports.length > 0 && reports.every(({ stopped }) => stopped === "empty");
  return sawAll ? "idle" : "unknown";
}

/**
 * The step to go to, from the one in force and how long it has been so. An expression that is none of
 * the steps gives way to the first.
 */
export function chooseStep(
  { steps, patienceMs }: ResolvedCadence,
  current: string | undefined,
  backlog: Backlog,
  heldMs: number,
): string {
  const at = steps.indexOf(current ?? "");
  if (at < 0 || backlog === "busy") return steps[0];
  const isPatient = backlog === "unknown" || heldMs < patienceMs;
  return steps[isPatient ? at : Math.min(at + 1, steps.length - 1)] ?? steps[0];
}
