import { type EntryInfo, type Inspection, inspect } from "../../inspect/index.ts";
import { type Context, defineCommand } from "../command.ts";
import { entryJson, entryLine, payloadCharsFor } from "../entry-table.ts";
import { lengthMs } from "../moments.ts";
import { wholeNumber } from "../numbers.ts";
import { given, onQueue, withQueue } from "../queue.ts";
import { idBounds } from "../range.ts";
import { untilAborted } from "../until-aborted.ts";

const PAGE = 100;

export const tail = defineCommand({
  usage: "tail",
  describe: "Follow a queue's stream: print entries as they come",
  examples: [
    ["$0 tail -q orders", "the last ten, and what comes"],
    ["$0 tail -q orders --from 15m --json", "from a time on"],
  ],
  options: (argv) =>
    withQueue(argv)
      .option("lines", { alias: "n", type: "number", default: 10, describe: "Begin so many back" })
      .option("from", { type: "string", describe: "Begin behind an id, or at a time instead" })
      .option("interval", { type: "string", default: "1s", describe: "How often to look" })
      .option("limit", { type: "number", describe: "End after so many" }),
  run(args, context) {
    const lines = wholeNumber("--lines", args.lines, { min: 0, max: 500 });
    const most = args.limit ?? Number.MAX_SAFE_INTEGER;
    const limit = wholeNumber("--limit", most, { min: 1, max: Number.MAX_SAFE_INTEGER });
    const intervalMs = Math.max(50, lengthMs("interval", args.interval));
    const { after } = idBounds({ since: args.from, until: undefined }, Date.now());
    return onQueue(args, context, async (queue) => {
      const { signal } = context.terminal;
      const view = inspect(queue);
      const print = printer(context, limit);
      const follow = async () => {
        let last =
          after ?? (args.from === undefined ? await printLast(view, lines, print) : undefined);
        while (!signal.aborted && print.left > 0) {
          const { items, next } = await newEntries(view, last, context);
          await print.all(items);
          last = items.at(-1)?.id ?? last;
          if (next === undefined && print.left > 0)
            await queue.resolved.store.sleep(intervalMs, signal);
        }
      };
      await Promise.race([follow(), untilAborted(signal)]);
      return 0;
    });
  },
});

interface Printer {
  /** How many may still be printed. */
  left: number;
  readonly payloadChars: number;
  all(entries: readonly EntryInfo[]): Promise<void>;
}

function printer({ output }: Context, limit: number): Printer {
  return {
    left: limit,
    payloadChars: payloadCharsFor(output.json),
    async all(entries) {
      for (const entry of entries.slice(0, this.left)) {
        const { id, addedAt, state } = entry;
        const value = { id, addedAt, state, ...entryJson(entry) };
        await output.row(value, entryLine(entry, output.colours));
      }
      this.left -= Math.min(this.left, entries.length);
    },
  };
}

/** Prints the latest entries; returns the id behind which to go on. */
async function printLast(view: Inspection, lines: number, print: Printer): Promise<string> {
  const { payloadChars } = print;
  const { items } = await view.entries({ reverse: true, count: Math.max(1, lines), payloadChars });
  await print.all(items.slice(0, lines).reverse());
  return items[0]?.id ?? "0-0";
}

async function newEntries(view: Inspection, after: string | undefined, { output }: Context) {
  const payloadChars = payloadCharsFor(output.json);
  return view.entries({ count: PAGE, payloadChars, ...given({ after }) });
}
