import type { Argv } from "yargs";
import { inspect } from "../../inspect/index.ts";
import { type Context, defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { counted, duration, whole } from "../format.ts";
import { lengthMs } from "../moments.ts";
import { wholeNumber } from "../numbers.ts";
import { take } from "../pages.ts";
import { given, onQueue, withQueue } from "../queue.ts";
import { idBounds } from "../range.ts";

interface PendingArguments {
  readonly start: string | undefined;
  readonly end: string | undefined;
  readonly consumer: string | undefined;
  readonly idle: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly list: boolean;
  readonly limit: number;
}

export const pending = defineCommand({
  usage: "pending [start] [end]",
  describe: "Show what is in flight: who has how much, or each message",
  onlyLooks: true,
  examples: [
    ["$0 pending -q orders", "the consumers"],
    ["$0 pending -q orders --idle 10m", "messages that nobody has touched for ten minutes"],
    ["$0 pending -q orders --consumer xd:suspects", "what dead passes left"],
    ["$0 pending -q orders - + --limit 10", "the first ten, as XPENDING takes a range"],
  ],
  options: (argv) => withRange(withQueue(argv)),
  run(args, context) {
    const { consumer } = args;
    const limit = wholeNumber("--limit", args.limit, { min: 1, max: 1_000_000 });
    const minIdleMs = args.idle === undefined ? undefined : lengthMs("idle", args.idle);
    const range = rangeOf(args, Date.now());
    const chosen = [consumer, args.idle, range.start, range.end];
    const isRange = chosen.some((given) => given !== undefined);
    return onQueue(args, context, async (queue) => {
      const view = inspect(queue);
      if (!isRange && !args.list) {
        await listConsumers(view, context);
        return 0;
      }
      const entries = await take(limit, (after, count) =>
        view.pending(given({ ...range, after, count, consumer, minIdleMs })),
      );
      await context.output.rows(entries, {
        none: "No such message is in flight.",
        columns: [
          { title: "ID", cell: ({ id }) => id },
          { title: "IDLE", align: "right", cell: ({ idleMs }) => duration(idleMs) },
          { title: "DELIVERIES", align: "right", cell: ({ deliveries }) => deliveries },
          { title: "CONSUMER", cell: (entry) => entry.consumer },
        ],
      });
      return 0;
    });
  },
});

function withRange<Options>(argv: Argv<Options>): Argv<Options & PendingArguments> {
  const ranged = argv
    .positional("start", {
      type: "string",
      describe: "From this id on, included: an id, milliseconds since 1970, or -",
    })
    .positional("end", {
      type: "string",
      describe: "Up to this id, included: an id, milliseconds since 1970, or +",
    });
  return ranged.options({
    list: { type: "boolean", default: false, describe: "Each message, not only who has how much" },
    consumer: { type: "string", describe: "Only what this consumer has" },
    idle: { type: "string", describe: "Only what nobody has touched for so long: 10m" },
    since: { type: "string", describe: "Only from here on: a date, an id, or a time ago" },
    until: { type: "string", describe: "Only before: a date, an id, or a time ago" },
    limit: { type: "number", default: 100, describe: "At most so many messages" },
  }) as unknown as Argv<Options & PendingArguments>;
}

async function listConsumers(view: ReturnType<typeof inspect>, { output }: Context): Promise<void> {
  const { items, next } = await view.consumers({ order: "pending", count: 500 });
  await output.rows(items, {
    none: "Nobody has anything.",
    columns: [
      { title: "PENDING", align: "right", cell: (consumer) => whole(consumer.pending) },
      { title: "IDLE", align: "right", cell: ({ idleMs }) => duration(idleMs) },
      { title: "KIND", cell: ({ kind }) => kind },
      { title: "CONSUMER", cell: ({ name }) => name },
    ],
  });
  const sum = items.reduce((total, consumer) => total + consumer.pending, 0);
  const more = next === undefined ? "" : " among those shown";
  await output.note(`${counted(sum, "message is", "messages are")} in flight${more}.`);
}

/** The range as Redis takes it: both ends included but for those of `--since` and `--until`. */
function rangeOf(
  args: PendingArguments,
  now: number,
): { readonly start: string | undefined; readonly end: string | undefined } {
  const { start, end, since, until } = args;
  if ((since ?? until) === undefined) return { start: dashed(start), end: dashed(end) };
  if (start !== undefined) {
    throw new UsageError(
      "Expected either a start and an end id, or --since and --until, got both.",
    );
  }
  const { after, before } = idBounds({ since, until }, now);
  return { start: after === undefined ? "-" : `(${after}`, end: before && `(${before}` };
}

/** The parser takes a lone `-` for an option without a name, and leaves nothing of it. */
function dashed(given: string | undefined): string | undefined {
  return given === "" ? "-" : given;
}
