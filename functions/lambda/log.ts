import type { DrainReport, FailedMessage } from "../../src/index.ts";
import { createLog, embeddedMetrics, type Log, type LoggedQueue } from "../../src/log/index.ts";
import { logReport } from "../http/log.ts";

/** Where CloudWatch keeps the metrics that infra/aws/alarms.yml watches. */
export interface MetricsEnv {
  /** Their namespace; without one a pass is a plain line. */
  readonly METRICS_NAMESPACE?: string | undefined;
  /** Set where the function runs on somebody's own machine: nobody makes metrics of its log. */
  readonly IS_OFFLINE?: string | undefined;
}

/** What the alarms need: each metric of each queue costs by the month. */
const METRICS = [
  "Passes",
  "FailedPasses",
  "Dead",
  "LostPayloads",
  "TrimmedUnread",
  "OldestAge",
] as const;

/** One line a pass. The metrics need those too that found nothing: they show that passes are made. */
export function logPass(env: MetricsEnv, report: DrainReport): void {
  const log = metricsLog(env);
  if (log === undefined) logReport(report);
  else log.onReport(report);
}

/** One line a failure, beside the metrics; without them the line of the pass has the first ten. */
export function logFailure(env: MetricsEnv, error: unknown, message: FailedMessage): void {
  metricsLog(env)?.onError(error, message);
}

/** A line for each queue that says how long its oldest message has waited. */
export async function logAges(env: MetricsEnv, queues: readonly LoggedQueue[]): Promise<void> {
  await metricsLog(env)?.stats(queues);
}

function metricsLog({ METRICS_NAMESPACE, IS_OFFLINE }: MetricsEnv): Log | undefined {
  if (!METRICS_NAMESPACE || IS_OFFLINE) return undefined;
  const sink = embeddedMetrics({ namespace: METRICS_NAMESPACE, metrics: METRICS });
  return createLog(sink, { idle: true });
}
