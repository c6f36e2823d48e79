import { inspect } from "../../inspect/index.ts";
import type { Queue } from "../../queue.ts";
import type { QueueStats } from "../../statistics.ts";
import { type Context, defineCommand } from "../command.ts";
import { type ExitCode, explained, UsageError } from "../errors.ts";
import { lengthMs } from "../moments.ts";
import { printable, wrapped } from "../printable.ts";
import { onQueue, withQueue } from "../queue.ts";
import { openScreen } from "../screen.ts";
import { widthOf } from "../terminal.ts";
import { type TopView, topLines } from "../top-lines.ts";
import { untilAborted } from "../until-aborted.ts";

const CONSUMERS = 5;
const PASSES = 8;

export const top = defineCommand({
  usage: "top",
  describe: "Watch a queue: what `stats` shows, its consumers and its passes",
  examples: [
    ["$0 top -q orders", "until q is pressed"],
    ["$0 top -q orders --json --interval 10s", "a line of statistics every ten seconds"],
  ],
  options: (argv) =>
    withQueue(argv).option("interval", {
      type: "string",
      default: "2s",
      describe: "How often to look",
    }),
  run(args, context) {
    const { terminal, output } = context;
    const intervalMs = Math.max(100, lengthMs("interval", args.interval));
    if (!output.json && !(terminal.output.isTTY === true && terminal.input.isTTY === true)) {
      throw new UsageError(
        "Expected a terminal: elsewhere `xdrain stats` or --json shows the same.",
      );
    }
    return onQueue(args, context, (queue) =>
      output.json ? printStats(queue, intervalMs, context) : show(queue, intervalMs, context),
    );
  },
});

async function printStats(
  queue: Queue<unknown>,
  intervalMs: number,
  { terminal, output }: Context,
): Promise<ExitCode> {
  const { store } = queue.resolved;
  const { signal } = terminal;
  const print = async () => {
    while (!signal.aborted) {
      await output.value({ queue: queue.name, ...(await queue.stats()) }, "");
      await store.sleep(intervalMs, signal);
    }
  };
  await Promise.race([print(), untilAborted(signal)]);
  return 0;
}

async function show(
  queue: Queue<unknown>,
  intervalMs: number,
  { terminal, output }: Context,
): Promise<ExitCode> {
  const screen = openScreen(terminal);
  const leaving = new AbortController();
  const { signal } = leaving;
  void screen.left.then(() => leaving.abort());
  let before: QueueStats | undefined;
  const watch = async () => {
    while (!signal.aborted) {
      try {
        const view = await look(queue, before);
        before = view.stats;
        if (!signal.aborted) screen.draw(topLines(queue.name, view, output.colours));
      } catch (error) {
        // Redis may come back, and then there is something to see.
        const text = wrapped(printable(explained(error)), widthOf(terminal.output) ?? 80);
        if (!signal.aborted)
          screen.draw([queue.name, "", ...text.map(output.colours.red), "", "q quits"]);
      }
      await queue.resolved.store.sleep(intervalMs, signal);
    }
  };
  try {
    screen.draw([queue.name, "", "Redis is asked …", "", "q quits"]);
    // Whoever leaves does not wait for an answer that may take long.
    await Promise.race([watch(), untilAborted(signal)]);
  } finally {
    screen.close();
  }
  return 0;
}

async function look(queue: Queue<unknown>, before: QueueStats | undefined): Promise<TopView> {
  const view = inspect(queue);
  const [stats, consumers, passes] = await Promise.all([
    queue.stats(),
    view.consumers({ order: "pending", count: CONSUMERS }),
    view.journal({ count: PASSES }),
  ]);
  return { stats, consumers: consumers.items, passes: passes.items, before };
}
