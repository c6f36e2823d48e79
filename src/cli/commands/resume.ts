import { defineCommand } from "../command.ts";
import { onQueue, withQueue } from "../queue.ts";

export const resume = defineCommand({
  usage: "resume",
  describe: "Let passes over a paused queue claim again",
  examples: [["$0 resume -q orders", "the next pass goes on"]],
  options: (argv) => withQueue(argv),
  run: (args, context) =>
    onQueue(args, context, async (queue) => {
      await queue.resume();
      await context.output.value({ queue: queue.name, paused: false }, `${queue.name} goes on.`);
      return 0;
    }),
});
