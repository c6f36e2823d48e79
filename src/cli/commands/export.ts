import type { Archived } from "../archive.ts";
import { defineCommand } from "../command.ts";
import { CommandError } from "../errors.ts";
import { exportedDelayed, exportedEntries } from "../export-pages.ts";
import { counted } from "../format.ts";
import { printableJson } from "../printable.ts";
import { createProgress } from "../progress.ts";
import { onQueue, withQueue } from "../queue.ts";
import { idBounds } from "../range.ts";
import { HangUp, write } from "../terminal.ts";

export const exportQueue = defineCommand({
  usage: "export",
  describe: "Write a queue's messages as NDJSON, for `import`",
  examples: [
    ["$0 export -q orders --undone >orders.ndjson", "what is left to do, delayed messages too"],
    ["$0 export -q orders --after 1763712000000-0 >>orders.ndjson", "goes on behind an entry"],
  ],
  options: (argv) =>
    withQueue(argv)
      .option("undone", {
        type: "boolean",
        default: false,
        describe: "Leave out what is completed",
      })
      .option("after", {
        type: "string",
        describe: "Only entries behind this id, or from a time on",
      })
      .option("delayed", {
        type: "boolean",
        default: true,
        describe: "What is not due yet, too; --delayed=false leaves it out",
      }),
  run(args, context) {
    const { after } = idBounds({ since: args.after, until: undefined }, Date.now());
    const { terminal, output } = context;
    return onQueue(args, context, async (queue) => {
      const progress = createProgress(terminal, "message", output.json);
      let count = 0;
      let last: string | undefined;
      let doubtful = 0;
      const put = async (message: Archived) => {
        await write(terminal.output, `${printableJson(message)}\n`);
        count += 1;
        if (message.fields.some((value) => value.includes("\ufffd"))) doubtful += 1;
        progress.update(count, 0);
        if (terminal.signal.aborted) throw new Error("It was interrupted.");
      };
      try {
        for await (const message of exportedEntries(queue, after)) {
          if (!args.undone || message.state !== "done") await put(message);
          last = message.id;
        }
        if (args.delayed) for await (const message of exportedDelayed(queue)) await put(message);
      } catch (error) {
        throw last === undefined || error instanceof HangUp
          ? error
          : unfinished(error, count, last);
      } finally {
        progress.end();
      }
      await output.note(`Exported ${counted(count, "message")}.`);
      if (doubtful > 0) {
        const what = `${counted(doubtful, "of them holds", "of them hold")} U+FFFD`;
        await output.note(`${what}: bytes that are not UTF-8 look like that here, and are lost.`);
      }
      return 0;
    });
  },
});

function unfinished(error: unknown, count: number, last: string): CommandError {
  const reason = error instanceof Error ? error.message : String(error);
  const text = `${reason} ${counted(count, "message is", "messages are")} written: go on with --after ${last}.`;
  return new CommandError(text, { exported: count, after: last }, error);
}
