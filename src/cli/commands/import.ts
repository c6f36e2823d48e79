import type { Queue } from "../../queue.ts";
import { readArchived, storeArchived } from "../archive.ts";
import { type Context, defineCommand } from "../command.ts";
import { type FedSoFar, feedLines } from "../feed.ts";
import { counted } from "../format.ts";
import { inputLines } from "../input-lines.ts";
import type { Line } from "../lines.ts";
import { wholeNumber } from "../numbers.ts";
import { createProgress } from "../progress.ts";
import { onQueue, withQueue } from "../queue.ts";

export const importQueue = defineCommand({
  usage: "import",
  describe: "Send what `export` wrote, in its order, with its idempotency keys",
  examples: [
    ["$0 import -q orders <orders.ndjson", "as new messages: they get new ids"],
    ["$0 import -q orders --skip 1500 <orders.ndjson", "goes on where it stopped"],
  ],
  options: (argv) =>
    withQueue(argv)
      .option("deduplicate", {
        type: "boolean",
        default: false,
        describe: "Store nothing whose key another message has: to repeat it is safe then",
      })
      .option("skip", { type: "number", default: 0, describe: "Pass over so many lines" }),
  run(args, context) {
    const skip = wholeNumber("--skip", args.skip, { min: 0, max: Number.MAX_SAFE_INTEGER });
    const lines = inputLines(context.terminal, skip, "what `xdrain export` wrote");
    return onQueue(
      args,
      context,
      async (queue) => {
        const { sent, duplicates, line } = await importLines(queue, lines, context);
        const doubles = duplicates === 0 ? "" : `, ${counted(duplicates, "duplicate")} not stored`;
        const text = `Imported ${counted(sent, "message")}${doubles}.`;
        await context.output.value({ sent, duplicates, line }, text);
        return 0;
      },
      { deduplicate: args.deduplicate },
    );
  },
});

async function importLines(
  queue: Queue<unknown>,
  lines: AsyncIterable<Line>,
  { terminal, output }: Context,
): Promise<FedSoFar> {
  const progress = createProgress(terminal, "message", output.json);
  try {
    return await feedLines(lines, {
      signal: terminal.signal,
      read: readArchived,
      send: (messages) => storeArchived(queue, messages),
      async onStored(_lines, _sent, sofar) {
        progress.update(sofar.sent, sofar.bytes);
      },
    });
  } finally {
    progress.end();
  }
}
