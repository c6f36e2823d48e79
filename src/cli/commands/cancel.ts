import { defineCommand } from "../command.ts";
import { onQueue, withQueue } from "../queue.ts";

export const cancel = defineCommand({
  usage: "cancel <ids..>",
  describe: "Take delayed messages back before they are due",
  examples: [["$0 cancel -q orders d1763712000000-0-abcdefgh", "fails if it does not wait"]],
  options: (argv) =>
    withQueue(argv)
      .positional("ids", {
        type: "string",
        array: true,
        demandOption: true,
        describe: "What `send` said",
      })
      .option("deduplicate", {
        type: "boolean",
        default: false,
        describe: "The queue deduplicates: free their keys too",
      }),
  run: (args, context) => {
    const { deduplicate } = args;
    return onQueue(
      args,
      context,
      async (queue) => {
        let missing = 0;
        for (const id of args.ids) {
          const cancelled = await queue.cancel(id);
          if (!cancelled) missing += 1;
          const text = cancelled ? "was cancelled." : "does not wait: it is due, done or unknown.";
          await context.output.row({ id, cancelled }, `${id} ${text}`);
        }
        return missing === 0 ? 0 : 1;
      },
      { deduplicate },
    );
  },
});
