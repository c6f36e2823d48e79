import type { ArgumentsCamelCase, Argv, CommandModule } from "yargs";
import { CommandError, type ExitCode, UsageError } from "./errors.ts";
import type { Output } from "./output.ts";
import type { Terminal } from "./terminal.ts";
import { untilAborted } from "./until-aborted.ts";

/** What every command takes. */
export interface CommonOptions {
  readonly json: boolean;
}

/** What a command works with. */
export interface Context {
  readonly terminal: Terminal;
  readonly output: Output;
}

/** A chosen command with its arguments, ready to run. */
export type Run = (context: Context) => Promise<ExitCode>;

/** Told which command was chosen, and the names of its positional arguments. */
type Choose = (run: Run, positionals: readonly string[]) => void;

/** How a command is called, and what it does. */
export interface Definition<Options> {
  /** Its name and its positional arguments: `send [payload..]`. */
  readonly usage: string;
  readonly describe: string;
  /** Calls that do something useful, each with what it does. */
  readonly examples: readonly (readonly [call: string, effect: string])[];
  /** The list of positional arguments that goes on behind `--`. @default none may follow */
  readonly rest?: string;
  /** It changes nothing, so that it ends wherever it is when it is told to. @default false */
  readonly onlyLooks?: boolean;
  readonly options: (argv: Argv<CommonOptions>) => Argv<Options>;
  readonly run: (args: ArgumentsCamelCase<Options>, context: Context) => Promise<ExitCode>;
}

/** A command for the parser, which only chooses: what was chosen is run after the parsing. */
export interface Command {
  /** The words that call it; of a group, those of each of its commands. */
  readonly names: readonly (readonly string[])[];
  module(choose: Choose): CommandModule<CommonOptions, CommonOptions>;
}

export function defineCommand<Options>(definition: Definition<Options>): Command {
  const { usage, describe, examples, onlyLooks = false } = definition;
  const positionals = [...usage.matchAll(/[<[](\w+)/g)].map(([, name = ""]) => name);
  return {
    names: [[firstWord(usage)]],
    module: (choose) => ({
      command: usage,
      describe,
      builder: (argv) => {
        const shown = examples.reduce((some, [call, effect]) => some.example(call, effect), argv);
        const all = definition.options(shown) as unknown as Argv<CommonOptions>;
        return all.requiresArg(valued(all, positionals));
      },
      handler: (args) => {
        choose(async (context) => {
          const work = definition.run(withRest<Options>(args, definition.rest), context);
          return onlyLooks ? unlessAborted(work, context.terminal.signal) : work;
        }, positionals);
      },
    }),
  };
}

/** A name for several commands: `dlq ls`, `dlq show`. */
export function defineGroup(name: string, describe: string, commands: readonly Command[]): Command {
  return {
    names: commands.flatMap(({ names }) => names.map((words) => [name, ...words])),
    module: (choose) => ({
      command: name,
      describe,
      builder: (argv) =>
        commands
          .reduce((all, command) => all.command(command.module(choose)), argv)
          .demandCommand(1, `Expected one of the commands of \`${name}\`: see --help.`),
      handler: () => {},
    }),
  };
}

/** The options that take a value: without one, their default would be taken for what was meant. */
function valued(argv: Argv<CommonOptions>, positionals: readonly string[]): string[] {
  const parser = argv as unknown as {
    getOptions(): { readonly key: Readonly<Record<string, unknown>>; readonly boolean: string[] };
  };
  const { key, boolean } = parser.getOptions();
  return Object.keys(key).filter((name) => ![...boolean, ...positionals].includes(name));
}

/** @throws CommandError as soon as the signal aborts: what is awaited then is of no use any more. */
function unlessAborted(work: Promise<ExitCode>, signal: AbortSignal): Promise<ExitCode> {
  const aborted = untilAborted(signal).then(() => {
    throw new CommandError("It was interrupted.");
  });
  return Promise.race([work, aborted]);
}

function firstWord(usage: string): string {
  return usage.split(" ", 1)[0] ?? usage;
}

/** The parser leaves what stands behind `--` aside. @throws UsageError where nothing may stand there */
function withRest<Options>(
  args: Readonly<Record<string, unknown>>,
  rest: string | undefined,
): ArgumentsCamelCase<Options> {
  const behind = (args["--"] ?? []) as readonly string[];
  if (behind.length > 0 && rest === undefined) {
    throw new UsageError(`Expected nothing behind --, got ${behind[0]}.`);
  }
  const list =
    rest === undefined ? {} : { [rest]: [...((args[rest] ?? []) as string[]), ...behind] };
  return { ...args, ...list } as unknown as ArgumentsCamelCase<Options>;
}
