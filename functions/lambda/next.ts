import type { EventBridge } from "../../src/eventbridge/index.ts";
import type { DrainReport } from "../../src/index.ts";
import { logError } from "../http/log.ts";

/** Where the schedule of the drain is; without a name nothing is asked of it. */
export interface ScheduleEnv {
  readonly SCHEDULE_NAME?: string | undefined;
  /** The function that the schedule invokes, and the role that it takes on for that. */
  readonly SCHEDULE_TARGET_ARN?: string | undefined;
  readonly SCHEDULE_ROLE_ARN?: string | undefined;
  /** Where events go that could not be handed over. */
  readonly SCHEDULE_DEAD_LETTER_ARN?: string | undefined;
  /** Set where the function runs on somebody's own machine: no schedule is touched from there. */
  readonly IS_OFFLINE?: string | undefined;
}

let warm: EventBridge | undefined;

/** Lets the schedule follow the backlog, and asks for a pass when the first message is due. */
export async function askForNext(env: ScheduleEnv, reports: readonly DrainReport[]): Promise<void> {
  if (!env.SCHEDULE_NAME || env.IS_OFFLINE) return;
  try {
    warm ??= await openSchedule(env.SCHEDULE_NAME, env);
    await warm.afterPass(reports);
  } catch (error) {
    logError(error); // the messages wait for the next tick
  }
}

/** The SDK is loaded here: a function without a schedule starts without it. */
async function openSchedule(name: string, env: ScheduleEnv): Promise<EventBridge> {
  const { SchedulerClient } = await import("@aws-sdk/client-scheduler");
  const { eventBridge } = await import("../../src/eventbridge/index.ts");
  return eventBridge({
    client: new SchedulerClient(),
    name,
    // The first step is the template's own expression: a deployment changes nothing.
    cadence: { steps: ["rate(1 minute)", "cron(0/5 * * * ? *)", "cron(0/15 * * * ? *)"] },
    timeout: "3 s", // within what a pass leaves of the function's time
    target: {
      arn: env.SCHEDULE_TARGET_ARN ?? "",
      roleArn: env.SCHEDULE_ROLE_ARN ?? "",
      input: { queue: "inbox", maxMessages: 5_000 },
      retryPolicy: { maxAge: "60 s", maxAttempts: 2 },
      deadLetterArn: env.SCHEDULE_DEAD_LETTER_ARN || null,
    },
  });
}
