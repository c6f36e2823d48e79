import type { Argv } from "yargs";
import { drain as drainQueues } from "../../drain.ts";
import type { DrainOptions } from "../../drain-options.ts";
import type { Handler } from "../../message.ts";
import { type CommonOptions, type Context, defineCommand } from "../command.ts";
import { UsageError } from "../errors.ts";
import { httpHandler } from "../handlers/http.ts";
import { moduleHandler } from "../handlers/module.ts";
import { shellHandler } from "../handlers/shell.ts";
import { boundsOf, withBounds } from "../pass-options.ts";
import { policyOf, withPolicy } from "../policy-options.ts";
import { printable } from "../printable.ts";
import { onQueues, withQueue } from "../queue.ts";
import { reportLines } from "../report-lines.ts";
import type { Terminal } from "../terminal.ts";

interface Target {
  readonly module: string | undefined;
  readonly http: string | undefined;
  readonly exec: string | undefined;
  readonly header: string[] | undefined;
  readonly bearer: boolean;
}

interface Priorities {
  readonly next: readonly string[];
  readonly weights: string | undefined;
}

export const drain = defineCommand({
  usage: "drain",
  describe: "Make one pass: a module, an HTTP target or a shell command for each message",
  examples: [
    ["$0 drain -q orders --module ./ship.js", "default export: (message, context) => …"],
    ["$0 drain -q orders --http http://localhost:3000/ship", "2xx is done, 422 a dead letter"],
    ["$0 drain -q mail --exec ./mail.sh --max-messages 10", "status 0 is done, 100 a dead letter"],
    ["$0 drain -q high --next low --module ./ship.js", "several queues, by their priority"],
  ],
  options: (argv) => withPolicy(withBounds(withTarget(withPriorities(withQueue(argv))))),
  async run(args, context) {
    const { terminal, output } = context;
    const weights = weightsOf(args.weights);
    const bounds = {
      ...boundsOf(args),
      ...weights,
      signal: terminal.signal,
      ...(args.linger && { onError: failuresTo(terminal.errors) }),
    };
    const own = await handlerOf(args, context);
    const handler = terminal.around?.(own) ?? own;
    return onQueues(
      args,
      args.next,
      context,
      async (queues) => {
        const [only] = queues;
        const report = await (queues.length === 1
          ? drainQueues(only, handler, bounds)
          : drainQueues(queues, handler, bounds));
        await output.value(report, reportLines(report, output.colours, Date.now()));
        return report.stopped === "store" ? 1 : 0;
      },
      policyOf(args),
    );
  },
});

function withPriorities<Options>(argv: Argv<Options>): Argv<Options & Priorities> {
  return argv.options({
    next: {
      type: "string",
      array: true,
      default: [],
      group: "Which queue:",
      describe: "A queue of lower priority in the same pass",
    },
    weights: {
      type: "string",
      group: "Which queue:",
      describe: "How often each comes first: 6,3,1 [strict order]",
    },
  }) as unknown as Argv<Options & Priorities>;
}

/** A pass that stays long tells of a failure at once: its report comes late. */
function failuresTo(errors: Terminal["errors"]): NonNullable<DrainOptions["onError"]> {
  return (error, { id, outcome }) => {
    const [, frame = ""] = /\n {4}(at .*)/.exec((error as Error | undefined)?.stack ?? "") ?? [];
    errors.write(`${id} ${outcome}: ${printable(`${error} ${frame}`.trim())}\n`);
  };
}

function weightsOf(given: string | undefined): { readonly weights?: readonly number[] } {
  return given === undefined ? {} : { weights: given.split(",").map(Number) };
}

function withTarget<Options>(argv: Argv<Options>): Argv<Options & Target> {
  const group = "What works on a message (one of):";
  return argv.options({
    module: { type: "string", group, describe: "A module that exports a handler" },
    http: { type: "string", group, describe: "An address that payloads are posted to" },
    exec: { type: "string", group, describe: "A shell command; payloads are on its stdin" },
    header: { type: "string", array: true, describe: "With --http: a header, 'name: value'" },
    bearer: { type: "boolean", default: false, describe: "With --http: send XDRAIN_TOKEN" },
  }) as unknown as Argv<Options & Target>;
}

async function handlerOf(
  args: Target & CommonOptions,
  { terminal }: Context,
): Promise<Handler<unknown>> {
  const { module, http, exec } = args;
  const { env, errors } = terminal;
  if ([module, http, exec].filter((target) => target !== undefined).length !== 1) {
    throw new UsageError("Expected one of --module, --http and --exec.");
  }
  if (exec !== undefined) return shellHandler(exec, env, errors);
  if (module !== undefined) return moduleHandler(module, errors);
  if (args.bearer && !env.XDRAIN_TOKEN) {
    throw new UsageError("Expected XDRAIN_TOKEN to be set beside --bearer.");
  }
  const bearer = args.bearer ? env.XDRAIN_TOKEN : undefined;
  return httpHandler({ url: http ?? "", headers: args.header ?? [], bearer });
}
