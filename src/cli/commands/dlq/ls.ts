import type { DeadLetter } from "../../../dead-letters.ts";
import { defineCommand } from "../../command.ts";
import { duration } from "../../format.ts";
import { filterOf, findLetters, textOf, withFilter } from "../../letter-filter.ts";
import { cut } from "../../printable.ts";
import { onQueue, withQueue } from "../../queue.ts";

const SHOWN = 50;
const REASON = 30;
const ERROR = 60;

export const ls = defineCommand({
  usage: "ls",
  describe: "List dead letters, the oldest first",
  onlyLooks: true,
  examples: [
    ["$0 dlq ls -q orders --reason failed --since 1h", "those of the last hour"],
    ["$0 dlq ls -q orders --match '\"customer\":42' --json", "by a text of the payload"],
  ],
  options: (argv) => withFilter(withQueue(argv)),
  run(args, context) {
    const now = Date.now();
    const filter = filterOf({ ...args, limit: args.limit ?? SHOWN }, now);
    const { signal } = context.terminal;
    return onQueue(args, context, async (queue) => {
      const letters: DeadLetter<unknown>[] = [];
      for await (const letter of findLetters(queue, filter, signal)) letters.push(letter);
      await context.output.rows(letters, {
        none: "There are no such dead letters.",
        columns: [
          { title: "ID", cell: ({ id }) => id },
          { title: "AGE", align: "right", cell: ({ failedAt }) => duration(now - +failedAt) },
          { title: "REASON", cell: ({ reason }) => shorten(reason, REASON) },
          { title: "TRIES", align: "right", cell: ({ deliveries }) => deliveries ?? "-" },
          { title: "ERROR", cell: ({ error }) => shorten(error, ERROR) },
          { title: "PAYLOAD", cell: ({ payload }) => shorten(textOf(payload), 200) },
        ],
      });
      if (letters.length === SHOWN && args.limit === undefined) {
        await context.output.note(`Only the first ${SHOWN} are shown: --limit shows more.`);
      }
      return 0;
    });
  },
});

function shorten(text: string, most: number): string {
  const line = text.split("\n", 1)[0] ?? "";
  return cut(line, most);
}
