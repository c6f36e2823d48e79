import { defineCommand } from "../command.ts";
import { onQueue, withQueue } from "../queue.ts";
import { statsLines } from "../stats-lines.ts";

export const stats = defineCommand({
  usage: "stats",
  describe: "Show how much is where, how fast it goes, and when it is done",
  onlyLooks: true,
  examples: [
    ["$0 stats -q orders", "at a glance; a read-only token suffices"],
    ["$0 stats -q orders --json", "with totals and histograms"],
  ],
  options: (argv) => withQueue(argv),
  run: (args, context) =>
    onQueue(args, context, async (queue) => {
      const { output } = context;
      const seen = await queue.stats();
      await output.value(
        { queue: queue.name, ...seen },
        statsLines(queue.name, seen, output.colours),
      );
      return 0;
    }),
});
