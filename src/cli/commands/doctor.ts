import { runConformance } from "../../doctor/conformance/run.ts";
import { diagnose } from "../../doctor/diagnose.ts";
import { examine } from "../../doctor/examine.ts";
import { conformanceLines, diagnosisLines } from "../../doctor/lines.ts";
import { type Context, defineCommand } from "../command.ts";
import { type ConnectionOptions, openConnection } from "../connection.ts";

import { CommandError, type ExitCode, UsageError } from "../errors.ts";
import { lengthMs } from "../moments.ts";
import { createProgress } from "../progress.ts";
import { onQueue, type QueueArguments, withQueue } from "../queue.ts";
import { widthOf } from "../terminal.ts";

/** The second look follows so soon that nobody minds, and late enough to see a busy worker twice. */
const WATCH = "2s";
const LONGEST_MS = 3_600_000;

interface Arguments extends QueueArguments {
  readonly watch: string;
  readonly conformance: boolean;
}

export const doctor = defineCommand<Arguments>({
  usage: "doctor",
  describe: "Look for what goes wrong with queues, and say what mends it",
  examples: [
    ["$0 doctor -q orders", "the queue, its stream and its server"],
    ["$0 doctor -q orders --watch 1m", "look twice, a minute apart: rates are seen then"],
    ["$0 doctor --stream events --group workers", "a stream that xdrain does not drain"],
    ["$0 doctor --conformance", "what this server promises, tried on scratch keys"],
  ],
  options: (argv) =>
    withQueue(argv)
      .option("watch", {
        type: "string",
        default: WATCH,
        describe: "How long after the first look the second one follows; 0: never",
      })
      .option("conformance", {
        type: "boolean",
        default: false,
        describe: "Hold the server to the protocol instead, on scratch keys that are removed again",
      }),
  run: (args, context) => (args.conformance ? conform(args, context) : look(args, context)),
});

async function look(args: Arguments, context: Context): Promise<ExitCode> {
  const watchMs = lengthMs("--watch", args.watch);
  if (watchMs > LONGEST_MS) throw new UsageError("Expected --watch to be an hour at most.");
  const { terminal, output } = context;
  return onQueue(args, context, async (queue) => {
    const facts = await examine(queue, {
      watchMs,
      groupIsNamed: args.group !== undefined,
      signal: terminal.signal,
    });
    const findings = diagnose(facts);
    const healthy = findings.every(({ severity }) => severity !== "problem");
    const { unseen } = facts;
    await output.value(
      { queue: queue.name, healthy, findings, unseen },
      diagnosisLines(
        { queue: queue.name, findings, unseen },
        output.colours,
        widthOf(terminal.output),
      ),
    );
    return healthy ? 0 : 1;
  });
}

async function conform(args: ConnectionOptions, context: Context): Promise<ExitCode> {
  const { terminal, output } = context;
  const connection = await openConnection(args, terminal.env);
  const progress = createProgress(terminal, "promise", output.json);
  try {
    const result = await runConformance(connection.store, {
      signal: terminal.signal,
      onProgress: (done) => progress.update(done, 0),
    });
    progress.end();
    const broken = result.verdicts.filter(({ kept }) => !kept);
    const lacking = result.abilities.filter(({ enough }) => !enough);
    await output.value(result, conformanceLines(result, output.colours));
    if (result.interrupted) throw new CommandError("It was interrupted before all was tried.");
    return broken.length + lacking.length === 0 ? 0 : 1;
  } finally {
    progress.end();
    connection.close();
  }
}
