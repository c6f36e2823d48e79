import type { Queue } from "../../../queue.ts";
import { checkChoice, chosenIds, showChosen, withChoice } from "../../chosen-letters.ts";
import { type Context, defineCommand } from "../../command.ts";
import { CommandError, type ExitCode, UsageError } from "../../errors.ts";
import { counted } from "../../format.ts";
import { onQueue, withQueue } from "../../queue.ts";
import { slicesOf } from "../../slices.ts";

const MOST = 100;

export const redrive = defineCommand({
  usage: "redrive [ids..]",
  describe: "Send dead letters again, as new messages",
  examples: [
    ["$0 dlq redrive -q orders 1763712000000-0", "this one"],
    [
      "$0 dlq redrive -q orders --reason failed --error timeout --dry-run",
      "which ones it would be",
    ],
    ["$0 dlq redrive -q orders --all --rate 20", "all, twenty a second"],
  ],
  options: (argv) =>
    withChoice(withQueue(argv)).option("rate", { type: "number", describe: "Most a second" }),
  run(args, context) {
    checkChoice(args);
    const { rate } = args;
    if (rate !== undefined && !(rate > 0 && rate <= 1_000_000)) {
      throw new UsageError("Expected --rate to be a number a second, more than 0.");
    }
    return onQueue(args, context, async (queue) => {
      if (args.dryRun) {
        await showChosen(queue, args, context);
        return 0;
      }
      const ids = await chosenIds(queue, args, context.terminal.signal);
      return redriveAll(queue, ids, rate, context);
    });
  },
});

async function redriveAll(
  queue: Queue<unknown>,
  ids: readonly string[],
  rate: number | undefined,
  { terminal, output }: Context,
): Promise<ExitCode> {
  const { signal } = terminal;
  let done = 0;
  let gone = 0;
  const size = rate === undefined ? MOST : Math.min(MOST, Math.max(1, Math.floor(rate / 10)));
  try {
    for (const list of slicesOf(ids, size)) {
      if (signal.aborted) throw new Error("It was interrupted.");
      const startedAt = performance.now();
      const newIds = await queue.deadLetters.redrive(list);
      done += newIds.filter((newId) => newId !== undefined).length;
      gone += newIds.filter((newId) => newId === undefined).length;
      for (const [i, newId] of newIds.entries()) {
        const id = list[i] ?? "";
        const text = newId === undefined ? "is not there any more" : `is now ${newId}`;
        await output.row({ id, ...(newId !== undefined && { newId }) }, `${id} ${text}`);
      }
      if (rate === undefined || done + gone === ids.length) continue;
      const due = (list.length / rate) * 1_000 - (performance.now() - startedAt);
      if (due > 0) await queue.resolved.store.sleep(due, signal);
    }
  } catch (error) {
    if (done === 0) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const text = `${reason} ${counted(done, "dead letter was", "dead letters were")} sent again before; run it once more for the others.`;
    throw new CommandError(text, { redriven: done }, error);
  }
  const missing = gone === 0 ? "" : ` ${counted(gone, "was", "were")} not there.`;
  await output.note(
    `${counted(done, "dead letter was", "dead letters were")} sent again.${missing}`,
  );
  return gone > 0 ? 1 : 0;
}
