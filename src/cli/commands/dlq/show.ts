import type { DeadLetter } from "../../../dead-letters.ts";
import { defineCommand } from "../../command.ts";
import { CommandError } from "../../errors.ts";
import { fromNow, timestamp } from "../../format.ts";
import { findLetter } from "../../letter-filter.ts";
import { pairLines } from "../../pair-lines.ts";
import { onQueue, withQueue } from "../../queue.ts";

export const show = defineCommand({
  usage: "show <id>",
  describe: "Show one dead letter whole",
  onlyLooks: true,
  examples: [["$0 dlq show -q orders 1763712000000-0", "its story and its payload"]],
  options: (argv) =>
    withQueue(argv).positional("id", {
      type: "string",
      demandOption: true,
      describe: "Its id among the dead letters, from `dlq ls`",
    }),
  run: (args, context) =>
    onQueue(args, context, async (queue) => {
      const letter = await findLetter(queue, args.id);
      if (letter === undefined) {
        throw new CommandError(`There is no dead letter ${args.id} of ${queue.name}.`);
      }
      await context.output.value(letter, linesOf(letter, Date.now()));
      return 0;
    }),
});

function linesOf(letter: DeadLetter<unknown>, now: number): string[] {
  const { id, originalId, reason, failedAt, deliveries, failures, error, payload } = letter;
  const time = failedAt.getTime();
  return [
    ...pairLines([
      ["id", id],
      ["message", originalId],
      ["reason", reason === "" ? undefined : reason],
      ["died", `${timestamp(time)} (${fromNow(time, now)})`],
      ["deliveries", deliveries],
      ["failures", failures],
      ["key", letter.idempotencyKey],
      ["error", error === "" ? undefined : error],
      ["stack", letter.stack],
    ]),
    ...pairLines([["payload", payload === undefined ? "(cannot be read)" : pretty(payload)]]),
  ];
}

function pretty(payload: unknown): string {
  return JSON.stringify(payload, undefined, 2);
}
