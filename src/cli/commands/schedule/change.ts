import type { EventBridge } from "../../../eventbridge/event-bridge.ts";
import { defineCommand } from "../../command.ts";
import { ANY_TARGET, onSchedule, withSchedule } from "../../scheduler.ts";

export const pause = changing("pause", "Stop the ticks, and remove the wakes", (schedule) =>
  schedule.pause(),
);

export const resume = changing("resume", "Let a paused schedule tick again", (schedule) =>
  schedule.resume(),
);

export const remove = changing("remove", "Remove a schedule and its wakes", async (schedule) =>
  (await schedule.remove()).length > 0 ? "removed" : "unchanged",
);

function changing(
  usage: string,
  describe: string,
  change: (schedule: EventBridge) => Promise<string>,
) {
  return defineCommand({
    usage,
    describe,
    examples: [[`$0 schedule ${usage} --name orders`, "to repeat it is safe"]],
    options: (argv) => withSchedule(argv),
    run: (args, { output }) =>
      onSchedule(args, { target: ANY_TARGET }, async (schedule) => {
        const changed = await change(schedule);
        await output.value({ name: args.name, changed }, `The schedule ${args.name}: ${changed}.`);
        return 0;
      }),
  });
}
