import type { Argv } from "yargs";
import type { DrainOptions } from "../drain-options.ts";
import { UsageError } from "./errors.ts";
import { asDuration, lengthMs } from "./moments.ts";
import { given } from "./queue.ts";

/** The bounds of a pass, as flags. */
export interface Bounds {
  readonly maxDuration: string | undefined;
  readonly maxMessages: number | undefined;
  readonly maxRequests: number | undefined;
  readonly concurrency: number | undefined;
  readonly batch: number | undefined;
  readonly maxBytes: number | undefined;
  readonly lanes: number | undefined;
  readonly handlerTimeout: string | undefined;
  readonly linger: boolean;
  readonly maxPause: string | undefined;
}

export function withBounds<Options>(argv: Argv<Options>): Argv<Options & Bounds> {
  const group = "Bounds of the pass:";
  return argv.options({
    "max-duration": { type: "string", group, describe: "How long it may take [25s]" },
    "max-messages": { type: "number", group, describe: "Most messages [no limit]" },
    "max-requests": { type: "number", group, describe: "Most requests to Redis [no limit]" },
    concurrency: { type: "number", group, describe: "Messages worked on at once [10]" },
    batch: { type: "number", group, describe: "Most messages of one claim [100]" },
    "max-bytes": { type: "number", group, describe: "Most payload bytes of one claim [4 MB]" },
    lanes: { type: "number", group, describe: "Claims in flight at once [1]" },
    "handler-timeout": { type: "string", group, describe: "Time for one message [the pass's]" },
    linger: {
      type: "boolean",
      default: false,
      group,
      describe: "Stay and poll for its whole time",
    },
    "max-pause": { type: "string", group, describe: "With --linger: longest pause [5s]" },
  }) as unknown as Argv<Options & Bounds>;
}

export function boundsOf(args: Bounds): DrainOptions {
  const { maxMessages, maxRequests, concurrency, batch, maxBytes, lanes } = args;
  return given({
    maxDuration: asDuration(args.maxDuration),
    handlerTimeout: asDuration(args.handlerTimeout),
    maxMessages,
    maxRequests,
    concurrency,
    batch,
    maxBytes,
    lanes,
    linger: lingerOf(args),
  });
}

function lingerOf({ linger, maxPause }: Bounds): DrainOptions["linger"] {
  if (maxPause === undefined) return linger;
  if (!linger) throw new UsageError("Expected --linger beside --max-pause.");
  return { maxPause: lengthMs("--max-pause", maxPause) };
}
