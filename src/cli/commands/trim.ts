import { type TrimHold, type TrimReport, trim as trimQueue } from "../../inspect/trim.ts";
import type { RetentionOptions } from "../../queue-options.ts";
import { defineCommand } from "../command.ts";
import { CommandError, UsageError } from "../errors.ts";
import { counted } from "../format.ts";
import { lengthMs } from "../moments.ts";
import { wholeNumber } from "../numbers.ts";
import { onQueue, withQueue } from "../queue.ts";

export const trim = defineCommand({
  usage: "trim",
  describe: "Remove completed entries now, and never what a group still has to do",
  examples: [
    ["$0 trim -q orders --all", "all that every group has done"],
    ["$0 trim -q orders --keep 10000", "but the newest 10,000 entries"],
    ["$0 trim -q orders --older-than 7d --approximate", "older ones, by whole nodes of the stream"],
  ],
  options: (argv) =>
    withQueue(argv).options({
      keep: { type: "number", describe: "Keep the newest entries, as many as this" },
      "older-than": { type: "string", describe: "Only entries that are older than this: 7d" },
      all: { type: "boolean", default: false, describe: "Keep none that is done" },
      approximate: {
        type: "boolean",
        default: false,
        describe: "Whole nodes only: cheaper, and about a hundred entries more stay",
      },
    }),
  run(args, context) {
    const keep = keptBy(args);
    const { approximate } = args;
    return onQueue(args, context, async (queue) => {
      const report = await trimQueue(queue, { keep, approximate });
      const value = { queue: queue.name, ...report };
      const text = sentence(report);
      if (isStuck(report.heldBy)) throw new CommandError(text, value);
      await context.output.value(value, text);
      return 0;
    });
  },
});

/** What stays. @throws UsageError unless exactly one of the options says so. */
function keptBy(args: {
  readonly keep: number | undefined;
  readonly olderThan: string | undefined;
  readonly all: boolean;
}): RetentionOptions {
  const { keep, olderThan, all } = args;
  if ([keep !== undefined, olderThan !== undefined, all].filter(Boolean).length !== 1) {
    throw new UsageError("Expected one of --keep, --older-than and --all.");
  }
  if (olderThan !== undefined) return { age: lengthMs("olderThan", olderThan) };
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
  return { count: keep === undefined ? 0 : wholeNumber("--keep", keep, range) };
}

function isStuck(heldBy: TrimHold | undefined): boolean {
  return heldBy?.reason === "orphans" || heldBy?.reason === "groups";
}

function sentence({ removed, left, heldBy }: TrimReport): string {
  const done = `${counted(removed, "entry was", "entries were")} removed`;
  if (heldBy === undefined) return `${done}, none is left.`;
  return `${done}, ${counted(left, "is", "are")} left: ${why(heldBy)}.`;
}

function why({ reason, group, id }: TrimHold): string {
  switch (reason) {
    case "unread":
      return `group ${group} has not read them yet`;
    case "inFlight":
      return `group ${group} is working on ${id}`;
    case "parked":
      return `group ${group} will try ${id} again`;
    case "keep":
      return "they are to be kept";
    case "orphans":
      return `nothing proves that group ${group} has done them, as after the loss of a Redis key; \`xdrain repair\` brings back what waits, and tells what is left to decide`;
    case "groups":
      return "new consumer groups kept appearing, so try again";
    default:
      return reason satisfies never;
  }
}
