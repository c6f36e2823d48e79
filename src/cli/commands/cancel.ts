import { defineCommand } from "../command.ts";
import { CommandError } from "../errors.ts";
import { onQueue, withQueue } from "../queue.ts";

interface Answer {
  readonly id: string;
  readonly cancelled: boolean;
}

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
        const answers: Answer[] = [];
        try {
          for (const id of args.ids) {
            if (context.terminal.signal.aborted) throw new CommandError("It was interrupted.");
            answers.push({ id, cancelled: await queue.cancel(id) });
          }
        } finally {
          for (const answer of answers) await context.output.row(answer, textOf(answer));
        }
        return answers.every(({ cancelled }) => cancelled) ? 0 : 1;
      },
      { deduplicate },
    );
  },
});

function textOf({ id, cancelled }: Answer): string {
  return `${id} ${cancelled ? "was cancelled." : "does not wait: it is due, done or unknown."}`;
}
