import type { Argv } from "yargs";
import type { EventBridge } from "../eventbridge/event-bridge.ts";
import type { EventBridgeOptions } from "../eventbridge/options.ts";
import { needed, SCHEDULER } from "../needed.ts";
import type { ExitCode } from "./errors.ts";
import { given } from "./queue.ts";

/** Which schedule, as flags. */
export interface ScheduleArguments {
  readonly name: string;
  readonly scheduleGroup: string | undefined;
  readonly region: string | undefined;
}

/** What only `ensure` needs to know; the other operations leave the target as they find it. */
export const ANY_TARGET: EventBridgeOptions["target"] = {
  arn: "arn:aws:lambda:us-east-1:000000000000:function:any",
  roleArn: "arn:aws:iam::000000000000:role/any",
};

export function withSchedule<Options>(argv: Argv<Options>): Argv<Options & ScheduleArguments> {
  const group = "Which schedule:";
  return argv.options({
    name: { type: "string", demandOption: true, group, describe: "Its name" },
    "schedule-group": { type: "string", group, describe: "Its group at the service [default]" },
    region: { type: "string", group, describe: "AWS region [AWS_REGION]" },
  }) as unknown as Argv<Options & ScheduleArguments>;
}

/** Does something with a schedule, by the SDK's own credentials. */
export async function onSchedule(
  args: ScheduleArguments,
  options: Pick<EventBridgeOptions, "target"> & Partial<EventBridgeOptions>,
  work: (schedule: EventBridge) => Promise<ExitCode>,
): Promise<ExitCode> {
  const { SchedulerClient } = await needed("xdrain schedule", SCHEDULER, () => {
    return import("@aws-sdk/client-scheduler");
  });
  const { eventBridge } = await import("../eventbridge/event-bridge.ts");
  const client = new SchedulerClient(args.region === undefined ? {} : { region: args.region });
  const group = given({ group: args.scheduleGroup });
  try {
    return await work(eventBridge({ ...options, ...group, client, name: args.name }));
  } finally {
    client.destroy();
  }
}
