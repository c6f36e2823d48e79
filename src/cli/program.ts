import yargs, { type Argv } from "yargs";
import type { Command, CommonOptions, Context, Run } from "./command.ts";
import { commands } from "./commands/index.ts";
import { secretsOf } from "./connection.ts";
import { type ExitCode, errorJson, errorLine, exitCodeOf, UsageError } from "./errors.ts";
import { createOutput } from "./output.ts";
import { printableJson } from "./printable.ts";
import { HangUp, type Terminal, widthOf, write } from "./terminal.ts";
import { packageVersion } from "./version.ts";

/** What the parser made of the arguments: a command, or a text that answers all. */
interface Parsed {
  readonly run: Run | undefined;
  /** Help, the version or completions. */
  readonly text: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Names of all options that the command has. */
  readonly flags: readonly string[];
  readonly error: Error | undefined;
}

const WIDEST = 100;

/** Runs what the arguments ask for. Resolves to the exit code; all errors are told on stderr. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const parsed = await parse(args, terminal, commands);
  const output = createOutput(terminal, parsed.args.json === true);
  try {
    if (parsed.error !== undefined) throw parsed.error;
    if (parsed.run !== undefined) return await parsed.run({ terminal, output });
    await write(terminal.output, `${parsed.text}\n`);
    return 0;
  } catch (error) {
    if (error instanceof HangUp) return 0;
    await tell(error, parsed, { terminal, output });
    return exitCodeOf(error);
  }
}

/** The parser never runs a command itself: what a command throws is no mistake of the usage. */
async function parse(
  args: readonly string[],
  terminal: Terminal,
  all: readonly Command[],
): Promise<Parsed> {
  const parsed = {
    run: undefined as Run | undefined,
    text: "",
    flags: [] as readonly string[],
    positionals: [] as readonly string[],
    error: undefined as Error | undefined,
  };
  const parser = createParser(terminal).check((argv, options) => {
    const { key, array } = options as unknown as Declared;
    parsed.flags = Object.keys(key);
    return onlyOnce(argv, array);
  });
  for (const command of all) {
    parser.command(
      command.module((run, positionals) => {
        parsed.run = run;
        parsed.positionals = positionals;
      }),
    );
  }
  let seen: Readonly<Record<string, unknown>> = {};
  await parser.parseAsync([...args], {}, (error, argv, text) => {
    seen = argv as Readonly<Record<string, unknown>>;
    parsed.text = text;
    if (error) parsed.error = error instanceof UsageError ? error : new UsageError(error.message);
  });
  const { run, text, error } = parsed;
  const flags = parsed.flags.filter((flag) => !parsed.positionals.includes(flag));
  return { run, text, error, flags, args: seen };
}

function createParser(terminal: Terminal): Argv<CommonOptions> {
  return yargs()
    .scriptName("xdrain")
    .usage("$0 <command>\n\nLooks after queues on Redis Streams.")
    .option("json", {
      type: "boolean",
      default: false,
      describe: "Print JSON: one value, or one a line",
    })
    .demandCommand(1, "Expected a command: see xdrain --help.")
    .parserConfiguration({
      "dot-notation": false,
      "greedy-arrays": false,
      "boolean-negation": false,
      "parse-positional-numbers": false,
      "populate--": true,
      "strip-aliased": true,
    })
    .strict()
    .showHelpOnFail(false)
    .exitProcess(false)
    .detectLocale(false)
    .version(packageVersion())
    .help()
    .alias("help", "h")
    .epilogue(
      "Where Redis is, it takes from UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, or from REDIS_URL.",
    )
    .wrap(Math.min(WIDEST, widthOf(terminal.output) ?? WIDEST));
}

/** What the parser knows of the options of the chosen command. */
interface Declared {
  readonly key: Readonly<Record<string, unknown>>;
  readonly array: readonly string[];
}

/** An option that is given twice would be a list where its command expects one value. */
function onlyOnce(argv: Readonly<Record<string, unknown>>, array: Declared["array"]): true {
  for (const [name, value] of Object.entries(argv)) {
    if (name === "_" || name === "--" || !Array.isArray(value) || array.includes(name)) continue;
    throw new UsageError(`Expected --${name} once, got it ${value.length} times.`);
  }
  return true;
}

async function tell(
  error: unknown,
  { args, flags }: Parsed,
  { terminal, output }: Context,
): Promise<void> {
  const line = errorLine(error, { flags, secrets: secretsOf(args, terminal.env) });
  const text = output.json ? printableJson(errorJson(error, line)) : `xdrain: ${line}`;
  await write(terminal.errors, `${text}\n`).catch(() => {});
}
