import type { Argv } from "yargs";
import { inspect, type PendingEntry } from "../../inspect/index.ts";
import { type Context, defineCommand } from "../command.ts";
import { counted, duration, whole } from "../format.ts";
import { lengthMs } from "../moments.ts";
import { wholeNumber } from "../numbers.ts";
import { take } from "../pages.ts";
import { given, onQueue, withQueue } from "../queue.ts";
import { type IdBounds, idBounds } from "../range.ts";

interface PendingArguments {
  readonly consumer: string | undefined;
  readonly idle: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly list: boolean;
  readonly limit: number;
}

export const pending = defineCommand({
  usage: "pending",
  describe: "Show what is in flight: who has how much, or each message",
  onlyLooks: true,
  examples: [
    ["$0 pending -q orders", "the consumers"],
    ["$0 pending -q orders --idle 10m", "messages that nobody has touched for ten minutes"],
    ["$0 pending -q orders --consumer xd:suspects", "what dead passes left"],
  ],
  options: (argv) => withRange(withQueue(argv)),
  run(args, context) {
    const { consumer } = args;
    const limit = wholeNumber("--limit", args.limit, { min: 1, max: 1_000_000 });
    const minIdleMs = args.idle === undefined ? undefined : lengthMs("idle", args.idle);
    const bounds = idBounds(args, Date.now());
    const isRange = [consumer, args.idle, args.since, args.until].some(
      (given) => given !== undefined,
    );
    return onQueue(args, context, async (queue) => {
      const view = inspect(queue);
      if (!isRange && !args.list) {
        await listConsumers(view, context);
        return 0;
      }
      const entries = await readRange(view, { consumer, minIdleMs, bounds, limit });
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
  return argv.options({
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

interface Range {
  readonly consumer: string | undefined;
  readonly minIdleMs: number | undefined;
  readonly bounds: IdBounds;
  readonly limit: number;
}

async function readRange(
  view: ReturnType<typeof inspect>,
  { consumer, minIdleMs, bounds, limit }: Range,
): Promise<readonly PendingEntry[]> {
  return take(limit, async (next, count) => {
    const after = next ?? bounds.after;
    const page = await view.pending(given({ after, count, consumer, minIdleMs }));
    const inside = page.items.filter(({ id }) => isBefore(id, bounds.before));
    return { items: inside, next: inside.length < page.items.length ? undefined : page.next };
  });
}

function isBefore(id: string, bound: string | undefined): boolean {
  if (bound === undefined) return true;
  const [ms = 0n, sequence = 0n] = id.split("-").map(BigInt);
  const [boundMs = 0n, boundSequence = 0n] = bound.split("-").map(BigInt);
  return ms === boundMs ? sequence < boundSequence : ms < boundMs;
}
