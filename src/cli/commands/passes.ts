import { inspect } from "../../inspect/index.ts";
import { defineCommand } from "../command.ts";
import { duration, timestamp, whole } from "../format.ts";
import { moment } from "../moments.ts";
import { wholeNumber } from "../numbers.ts";
import { take } from "../pages.ts";
import { given, onQueue, withQueue } from "../queue.ts";

export const passes = defineCommand({
  usage: "passes",
  describe: "List what the latest passes did, the newest first",
  onlyLooks: true,
  examples: [["$0 passes -q orders --since 1h", "passes that had nothing to do are left out"]],
  options: (argv) =>
    withQueue(argv)
      .option("since", { type: "string", describe: "Ended since: a date, or a time ago (1h)" })
      .option("limit", { type: "number", default: 20, describe: "At most so many" }),
  run(args, context) {
    const limit = wholeNumber("--limit", args.limit, { min: 1, max: 10_000 });
    const since =
      args.since === undefined ? undefined : new Date(moment("--since", args.since, Date.now()));
    return onQueue(args, context, async (queue) => {
      const view = inspect(queue);
      const records = await take(limit, (before, count) =>
        view.journal(given({ before, since, count })),
      );
      await context.output.rows(records, {
        none: "No pass is known.",
        columns: [
          { title: "ENDED", cell: ({ at }) => timestamp(+at) },
          { title: "TOOK", align: "right", cell: ({ elapsedMs }) => duration(elapsedMs) },
          { title: "CLAIMED", align: "right", cell: ({ claimed }) => whole(claimed) },
          { title: "DONE", align: "right", cell: ({ completed }) => whole(completed) },
          { title: "RETRIED", align: "right", cell: ({ retried }) => whole(retried) },
          { title: "DEAD", align: "right", cell: ({ dead }) => whole(dead) },
          { title: "REQUESTS", align: "right", cell: ({ requests }) => whole(requests) },
          { title: "STOPPED", cell: ({ stopped }) => stopped },
        ],
      });
      return 0;
    });
  },
});
