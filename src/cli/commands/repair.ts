import { defineCommand } from "../command.ts";
import { counted } from "../format.ts";
import { onQueue, withQueue } from "../queue.ts";

export const repair = defineCommand({
  usage: "repair",
  describe: "Bring back messages that nobody owns, after Redis lost keys",
  examples: [["$0 repair -q orders", "after an eviction or a mistaken DEL"]],
  options: (argv) => withQueue(argv),
  run: (args, context) =>
    onQueue(args, context, async (queue) => {
      const repaired = await queue.repair();
      await context.output.value(
        { queue: queue.name, repaired },
        `${counted(repaired, "message was", "messages were")} brought back.`,
      );
      return 0;
    }),
});
