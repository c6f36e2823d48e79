import type { Queue } from "../../../queue.ts";
import { checkChoice, chosenIds, showChosen, withChoice } from "../../chosen-letters.ts";
import { type Context, defineCommand } from "../../command.ts";
import { checkThatOneCanAsk, confirmed } from "../../confirm.ts";
import { CommandError, type ExitCode } from "../../errors.ts";
import { counted } from "../../format.ts";
import { onQueue, withQueue } from "../../queue.ts";
import { slicesOf } from "../../slices.ts";

const MOST = 500;

export const purge = defineCommand({
  usage: "purge [ids..]",
  describe: "Remove dead letters for good",
  examples: [
    ["$0 dlq purge -q orders --until 30d", "those that are older than a month; asks before"],
    ["$0 dlq purge -q orders --all --yes", "all, without asking"],
  ],
  options: (argv) =>
    withChoice(withQueue(argv)).option("yes", {
      alias: "y",
      type: "boolean",
      default: false,
      describe: "Do not ask",
    }),
  run(args, context) {
    checkChoice(args);
    const { terminal } = context;
    if (!args.yes && !args.dryRun) checkThatOneCanAsk(terminal);
    return onQueue(args, context, async (queue) => {
      if (args.dryRun) {
        await showChosen(queue, args, context);
        return 0;
      }
      const ids = await chosenIds(queue, args, terminal.signal);
      const question = `Remove ${counted(ids.length, "dead letter")} of ${queue.name} for good?`;
      if (ids.length > 0 && !args.yes && !(await confirmed(question, terminal))) {
        throw new CommandError("Nothing was removed.");
      }
      return purgeAll(queue, ids, context);
    });
  },
});

async function purgeAll(
  queue: Queue<unknown>,
  ids: readonly string[],
  { terminal, output }: Context,
): Promise<ExitCode> {
  let removed = 0;
  for (const list of slicesOf(ids, MOST)) {
    if (terminal.signal.aborted) break;
    removed += await queue.deadLetters.remove(list);
  }
  await output.value(
    { queue: queue.name, removed },
    `${counted(removed, "dead letter was", "dead letters were")} removed.`,
  );
  return terminal.signal.aborted ? 1 : 0;
}
