import type { Queue } from "../../queue.ts";
import { type Context, defineCommand } from "../command.ts";
import { type ExitCode, UsageError } from "../errors.ts";
import { type FedSoFar, feedLines } from "../feed.ts";
import { counted } from "../format.ts";
import { inputLines } from "../input-lines.ts";
import type { Line } from "../lines.ts";
import { asDuration, date } from "../moments.ts";
import { wholeNumber } from "../numbers.ts";
import { outgoing, type Reading } from "../outgoing.ts";
import { createProgress } from "../progress.ts";
import { given, onQueue, withQueue } from "../queue.ts";

export const send = defineCommand({
  usage: "send [payloads..]",
  describe: "Send messages: arguments, or lines of JSON on stdin",
  examples: [
    [`$0 send -q orders '{"order":1}'`, "one message; prints its id"],
    ["$0 send -q mail --text hello --delay 5m", "a string, in five minutes"],
    ["$0 send -q orders --key-field id <orders.ndjson", "one a line, each with its key"],
  ],
  rest: "payloads",
  options: (argv) =>
    withQueue(argv)
      .positional("payloads", { type: "string", array: true, describe: "Each the JSON of one" })
      .option("text", {
        type: "boolean",
        default: false,
        describe: "Payloads are strings, not JSON",
      })
      .option("key", { type: "string", describe: "Idempotency key, of a single message" })
      .option("key-field", { type: "string", describe: "Payload's field that holds its key" })
      .option("delay", { type: "string", describe: "Wait so long before it is due: 30s, 15m, 2h" })
      .option("at", { type: "string", describe: "Wait until this time: 2026-11-21T08:00:00Z" })
      .option("deduplicate", {
        type: "boolean",
        default: false,
        describe: "Store nothing whose key another message has",
      })
      .option("codec", {
        choices: ["json", "fields"] as const,
        default: "json" as const,
        describe: "How payloads are stored",
      })
      .option("max-payload", { type: "number", describe: "Most bytes of a payload [1 MB]" })
      .option("skip", {
        type: "number",
        default: 0,
        describe: "Pass over so many payloads or lines",
      })
      .conflicts("delay", "at")
      .conflicts("key", "key-field"),
  run: (args, context) => {
    const { payloads = [], keyField, deduplicate, codec, maxPayload } = args;
    const skip = wholeNumber("--skip", args.skip, { min: 0, max: Number.MAX_SAFE_INTEGER });
    if (args.key !== undefined && payloads.length !== 1) {
      throw new UsageError(
        "Expected one payload as an argument beside --key; others take --key-field.",
      );
    }
    const options = given({
      idempotencyKey: args.key,
      delay: asDuration(args.delay),
      deliverAt: args.at === undefined ? undefined : date("--at", args.at),
    });
    const lines =
      payloads.length > 0
        ? linesFrom(payloads).slice(skip)
        : inputLines(context.terminal, skip, "payloads as arguments, or as lines of JSON");
    const reading = { text: args.text, keyField, options };
    return onQueue(
      args,
      context,
      (queue) => sendAll(queue, lines, reading, context, payloads.length > 0),
      { deduplicate, codec, maxPayload },
    );
  },
});

function linesFrom(payloads: readonly string[]): Line[] {
  return payloads.map((text, i) => ({ number: i + 1, text, bytes: 0 }));
}

async function sendAll(
  queue: Queue<unknown>,
  lines: AsyncIterable<Line> | Iterable<Line>,
  reading: Reading,
  { terminal, output }: Context,
  showIds: boolean,
): Promise<ExitCode> {
  const progress = createProgress(terminal, "message", output.json || showIds);
  let done: FedSoFar;
  try {
    done = await feedLines(lines, {
      signal: terminal.signal,
      read: (line) => outgoing(line, reading),
      send: (messages) => queue.sendBatch(messages),
      async onStored(stored, sent, sofar) {
        progress.update(sofar.sent, sofar.bytes);
        if (!output.json && !showIds) return;
        for (const [i, { id, duplicate }] of sent.entries()) {
          const text = duplicate === true ? `${id || "-"} duplicate` : id;
          await output.row({ line: stored[i]?.number, id, ...(duplicate && { duplicate }) }, text);
        }
      },
    });
  } finally {
    progress.end();
  }
  if (!output.json && !showIds) await output.value(done, summary(done));
  return 0;
}

function summary({ sent, duplicates }: FedSoFar): string {
  const doubles = duplicates === 0 ? "" : `, ${counted(duplicates, "duplicate")} not stored`;
  return `Sent ${counted(sent, "message")}${doubles}.`;
}
