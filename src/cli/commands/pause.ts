import { defineCommand } from "../command.ts";
import { onQueue, withQueue } from "../queue.ts";

export const pause = defineCommand({
  usage: "pause",
  describe: "Let every pass over a queue claim nothing",
  examples: [["$0 pause -q orders", "what runs is ended, nothing new is begun"]],
  options: (argv) => withQueue(argv),
  run: (args, context) =>
    onQueue(args, context, async (queue) => {
      await queue.pause();
      await context.output.value({ queue: queue.name, paused: true }, `${queue.name} is paused.`);
      return 0;
    }),
});
