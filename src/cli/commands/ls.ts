import type { Argv } from "yargs";
import type { EntryInfo } from "../../inspect/index.ts";
import { type Inspection, inspect } from "../../inspect/index.ts";
import { type Context, defineCommand } from "../command.ts";
import { entryJson, entryTable, payloadCharsFor, payloadText } from "../entry-table.ts";
import { UsageError } from "../errors.ts";
import { fromNow, timestamp } from "../format.ts";
import { wholeNumber } from "../numbers.ts";
import type { Table } from "../output.ts";
import { take } from "../pages.ts";
import { given, onQueue, withQueue } from "../queue.ts";
import { idBounds } from "../range.ts";

interface ListArguments {
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly limit: number;
  readonly newest: boolean;
  readonly state: EntryInfo["state"] | "in-flight" | undefined;
  readonly parked: boolean;
  readonly delayed: boolean;
}

export const ls = defineCommand({
  usage: "ls",
  describe: "List the entries of a queue's stream, or what waits beside it",
  onlyLooks: true,
  examples: [
    ["$0 ls -q orders --since 15m", "what was added in the last quarter of an hour"],
    ["$0 ls -q orders --newest --limit 10", "the latest ten"],
    ["$0 ls -q orders --delayed", "what is not due yet, the next first"],
  ],
  options: (argv) => withListing(withQueue(argv)),
  run(args, context) {
    const limit = wholeNumber("--limit", args.limit, { min: 1, max: 1_000_000 });
    if (args.parked && args.delayed)
      throw new UsageError("Expected one of --parked and --delayed.");
    const isBeside = args.parked || args.delayed;
    if (isBeside && (args.since ?? args.until ?? args.state) !== undefined) {
      throw new UsageError(
        "Expected no --since, --until and --state for what waits beside the stream.",
      );
    }
    const bounds = idBounds(args, Date.now());
    return onQueue(args, context, async (queue) => {
      const view = inspect(queue);
      if (args.delayed) await listDelayed(view, limit, context);
      else if (args.parked) await listParked(view, limit, context);
      else await listEntries(view, { ...args, limit, bounds }, context);
      return 0;
    });
  },
});

function withListing<Options>(argv: Argv<Options>): Argv<Options & ListArguments> {
  return argv.options({
    since: { type: "string", describe: "Added since: a date, an id, or a time ago (15m)" },
    until: { type: "string", describe: "Added before: a date, an id, or a time ago (15m)" },
    limit: { type: "number", default: 50, describe: "At most so many" },
    newest: { type: "boolean", default: false, describe: "The newest first" },
    state: { choices: ["ready", "in-flight", "parked", "done"], describe: "Only these" },
    parked: { type: "boolean", default: false, describe: "What waits for another try, with when" },
    delayed: { type: "boolean", default: false, describe: "What is not due yet, with when" },
  }) as unknown as Argv<Options & ListArguments>;
}

async function listEntries(
  view: Inspection,
  list: Omit<ListArguments, "since" | "until"> & { readonly bounds: ReturnType<typeof idBounds> },
  { output }: Context,
): Promise<void> {
  const { newest, limit, bounds } = list;
  const payloadChars = payloadCharsFor(output.json);
  const wanted = list.state === "in-flight" ? "inFlight" : list.state;
  const entries = await take(limit, async (next, count) => {
    const from = newest ? { before: next ?? bounds.before } : { after: next ?? bounds.after };
    const asked = given({ ...bounds, ...from, count, payloadChars, reverse: newest });
    const page = await view.entries(asked);
    return {
      next: page.next,
      items: page.items.filter(({ state }) => (wanted ?? state) === state),
    };
  });
  const table = entryTable(Date.now());
  if (!output.json) return output.rows(entries, table);
  await output.rows(entries.map(entryJson), table as unknown as Table<object>);
}

async function listDelayed(view: Inspection, limit: number, { output }: Context): Promise<void> {
  const now = Date.now();
  const payloadChars = payloadCharsFor(output.json);
  const items = await take(limit, (after, count) =>
    view.delayed(given({ after, count, payloadChars })),
  );
  const table: Table<(typeof items)[number]> = {
    none: "Nothing is delayed.",
    columns: [
      { title: "ID", cell: ({ id }) => id },
      { title: "DUE", cell: ({ dueAt }) => timestamp(+dueAt) },
      { title: "", cell: ({ dueAt }) => fromNow(+dueAt, now) },
      { title: "PAYLOAD", cell: payloadText },
    ],
  };
  if (!output.json) return output.rows(items, table);
  await output.rows(items.map(entryJson), table as unknown as Table<object>);
}

async function listParked(view: Inspection, limit: number, { output }: Context): Promise<void> {
  const now = Date.now();
  const items = await take(limit, (after, count) => view.parked(given({ after, count })));
  await output.rows(items, {
    none: "Nothing is parked.",
    columns: [
      { title: "ID", cell: ({ id }) => id },
      { title: "DUE", cell: ({ dueAt }) => timestamp(+dueAt) },
      { title: "", cell: ({ dueAt }) => fromNow(+dueAt, now) },
      { title: "TRIES", align: "right", cell: ({ deliveries }) => deliveries },
      { title: "CRASHED", cell: ({ mayHaveCrashed }) => (mayHaveCrashed ? "maybe" : "no") },
    ],
  });
}
