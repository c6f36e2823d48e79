import { type DrainReport, drain } from "../index.ts";
import { type InvocationLimits, narrow, withinInvocation } from "./limits.ts";
import type { Work } from "./work.ts";

/**
 * Told of each pass that ran, for a log or a metric. It is waited for, since a platform may freeze
 * the function once its answer is out; what it throws is ignored: the pass did its work all the same.
 */
export type OnReport = (report: DrainReport) => unknown;

/** How the passes of one invocation are made. */
export interface PassSettings {
  readonly limits: InvocationLimits;
  /** What the event or the request asks for, in JSON: it narrows every pass. */
  readonly asked?: unknown;
  /** How many passes in a row have asked for the next one; undefined where it is a tick. */
  readonly depth?: number | undefined;
  /** How long others rely on the kick that asked, in milliseconds; undefined where it says none. */
  readonly debounce?: number | undefined;
  readonly onReport?: OnReport | undefined;
}

/**
 * Makes one pass over each work, all at the same time, so that none waits for another's work. They
 * end by the same deadline and share the requests evenly.
 *
 * @throws OptionError for limits that cannot be used, before any pass begins.
 * @throws StoreError of a pass that could not run, once the others are over and told.
 */
export async function drainWorks(
  works: readonly Work[],
  { limits, asked, depth, debounce, onReport }: PassSettings,
): Promise<readonly DrainReport[]> {
  const share = { ...limits, maxRequests: shareOf(limits.maxRequests, works.length) };
  const passes = works.map((work) => ({
    ...work,
    options: {
      ...narrow(work, withinInvocation(work, share), asked),
      ...(depth === undefined ? {} : { depth }),
      ...(debounce === undefined ? {} : { debounce }),
    },
  }));
  const ends = await Promise.allSettled(
    passes.map(async ({ queue, queues, handler, options }) => {
      const report = await (queues.length === 1
        ? drain(queue, handler, options)
        : drain(queues, handler, options));
      await tell(onReport, report);
      return report;
    }),
  );
  return ends.map((end) => {
    if (end.status === "rejected") throw end.reason;
    return end.value;
  });
}

function shareOf(requests: number | undefined, passes: number): number | undefined {
  return requests === undefined ? undefined : Math.floor(requests / passes);
}

/** Told once of all the passes of an invocation; waited for and ignored as `OnReport` says. */
export type AfterPasses = (reports: readonly DrainReport[]) => unknown;

export async function tellAll(
  afterPasses: AfterPasses | undefined,
  reports: readonly DrainReport[],
): Promise<void> {
  try {
    await afterPasses?.(reports);
  } catch {
    // Ignored: the passes did their work all the same.
  }
}

async function tell(onReport: OnReport | undefined, report: DrainReport): Promise<void> {
  try {
    await onReport?.(report);
  } catch {
    // Ignored, as OnReport says.
  }
}
