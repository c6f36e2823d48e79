import type { Argv } from "yargs";
import { defineCommand } from "../../command.ts";
import { UsageError } from "../../errors.ts";
import { asDuration, date } from "../../moments.ts";
import { given } from "../../queue.ts";
import { onSchedule, withSchedule } from "../../scheduler.ts";

interface EnsureArguments {
  readonly target: string;
  readonly role: string;
  readonly input: string | undefined;
  readonly expression: string | undefined;
  readonly timeZone: string | undefined;
  readonly flexibleWindow: string | undefined;
  readonly start: string | undefined;
  readonly end: string | undefined;
  readonly description: string | undefined;
}

export const ensure = defineCommand({
  usage: "ensure",
  describe: "Make a schedule, or change it to what is said; to repeat it is safe",
  examples: [
    [
      "$0 schedule ensure --name orders --target arn:aws:lambda:… --role arn:aws:iam::… --expression 'rate(1 minute)'",
      "a pass every minute",
    ],
  ],
  options: (argv) => withTarget(withSchedule(argv)),
  run(args, { output }) {
    const target = {
      arn: args.target,
      roleArn: args.role,
      ...given({ input: inputOf(args.input) }),
    };
    const options = given({
      expression: args.expression,
      timeZone: args.timeZone,
      flexibleWindow: asDuration(args.flexibleWindow),
      start: dateOf("--start", args.start),
      end: dateOf("--end", args.end),
      description: args.description,
    });
    return onSchedule(args, { ...options, target }, async (schedule) => {
      const changed = await schedule.ensureSchedule();
      await output.value({ name: args.name, changed }, `The schedule ${args.name}: ${changed}.`);
      return 0;
    });
  },
});

function withTarget<Options>(argv: Argv<Options>): Argv<Options & EnsureArguments> {
  return argv.options({
    target: { type: "string", demandOption: true, describe: "The function's ARN" },
    role: { type: "string", demandOption: true, describe: "ARN of the role that invokes it" },
    input: { type: "string", describe: "A JSON object that the function receives" },
    expression: { type: "string", describe: "rate(…) or cron(…) [rate(1 minute)]" },
    "time-zone": { type: "string", describe: "Where cron(…) is read [UTC]" },
    "flexible-window": { type: "string", describe: "How late it may tick: 5m; 0 is not at all" },
    start: { type: "string", describe: "Not before this date" },
    end: { type: "string", describe: "Not after this date" },
    description: { type: "string", describe: "For people" },
  }) as unknown as Argv<Options & EnsureArguments>;
}

function inputOf(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    throw new UsageError("Expected --input to be a JSON object.");
  }
}

function dateOf(flag: string, text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(date(flag, text));
}
