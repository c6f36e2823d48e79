import type { ArgumentsCamelCase, Argv, CommandModule } from "yargs";
import { type ExitCode, UsageError } from "./errors.ts";
import type { Output } from "./output.ts";
import type { Terminal } from "./terminal.ts";

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

/** How a command is called, and what it does. */
export interface Definition<Options> {
  /** Its name and its positional arguments: `send [payload..]`. */
  readonly usage: string;
  readonly describe: string;
  /** Calls that do something useful, each with what it does. */
  readonly examples: readonly (readonly [call: string, effect: string])[];
  /** The list of positional arguments that goes on behind `--`. @default none may follow */
  readonly rest?: string;
  readonly options: (argv: Argv<CommonOptions>) => Argv<Options>;
  readonly run: (args: ArgumentsCamelCase<Options>, context: Context) => Promise<ExitCode>;
}

/** A command for the parser, which only chooses: what was chosen is run after the parsing. */
export interface Command {
  /** The words that call it; of a group, those of each of its commands. */
  readonly names: readonly (readonly string[])[];
  module(choose: (run: Run) => void): CommandModule<CommonOptions, CommonOptions>;
}

export function defineCommand<Options>(definition: Definition<Options>): Command {
  const { usage, describe, examples } = definition;
  return {
    names: [[firstWord(usage)]],
    module: (choose) => ({
      command: usage,
      describe,
      builder: (argv) => {
        const all = examples.reduce((some, [call, effect]) => some.example(call, effect), argv);
        return definition.options(all) as unknown as Argv<CommonOptions>;
      },
      handler: (args) => {
        choose(async (context) =>
          definition.run(withRest<Options>(args, definition.rest), context),
        );
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
