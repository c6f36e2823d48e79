import { defineCommand } from "../command.ts";
import { streamPlace } from "../moments.ts";
import { onQueue, withQueue } from "../queue.ts";

export const replay = defineCommand({
  usage: "replay",
  describe: "Let a group read again what is still in the stream",
  examples: [
    ["$0 replay -q orders --group audit --from 2026-11-20T00:00:00Z", "again from a time on"],
    ["$0 replay -q orders --from 0 --repeat-done", "all of it, done work of keys too"],
  ],
  options: (argv) =>
    withQueue(argv)
      .option("from", {
        type: "string",
        demandOption: true,
        describe: "Behind this entry's id, or from this time on; 0 is from the first entry on",
      })
      .option("repeat-done", {
        type: "boolean",
        default: false,
        describe: "Do work again whose idempotency key is done",
      }),
  run: (args, context) => {
    const from = streamPlace("--from", args.from, Date.now());
    return onQueue(args, context, async (queue) => {
      await queue.replay({ from, repeatDone: args.repeatDone });
      await context.output.value(
        { queue: queue.name, from: args.from, repeatDone: args.repeatDone },
        `The next pass over ${queue.name} reads again from ${args.from} on.`,
      );
      return 0;
    });
  },
});
