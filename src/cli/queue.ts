import type { Argv } from "yargs";
import { createQueue, type Queue } from "../queue.ts";
import type { QueueOptions } from "../queue-options.ts";
import type { Context } from "./command.ts";
import {
  type Connection,
  type ConnectionOptions,
  openConnection,
  withConnection,
} from "./connection.ts";
import { type ExitCode, UsageError } from "./errors.ts";

/** Which queue a command is about. */
export interface QueueArguments extends ConnectionOptions {
  readonly queue: string | undefined;
  readonly stream: string | undefined;
  readonly group: string | undefined;
  readonly deadLetterStream: string | undefined;
  readonly idempotencyField: string | undefined;
  readonly retryCountField: string | undefined;
}

const GROUP = "Which queue:";

export function withQueue<Options>(argv: Argv<Options>): Argv<Options & QueueArguments> {
  return withConnection(argv).options({
    queue: { alias: "q", type: "string", group: GROUP, describe: "Its name" },
    stream: { type: "string", group: GROUP, describe: "Key of its stream, where that differs" },
    group: { type: "string", group: GROUP, describe: "Its consumer group [xdrain]" },
    "dead-letter-stream": {
      type: "string",
      group: GROUP,
      describe: "Key of its dead letters, where the queue names one",
    },
    "idempotency-field": {
      type: "string",
      group: GROUP,
      describe: "Field with the idempotency key [xd:k]",
    },
    "retry-count-field": {
      type: "string",
      group: GROUP,
      describe: "Field in which other programs count their retries [none]",
    },
  }) as unknown as Argv<Options & QueueArguments>;
}

/** Options of a queue beside those that name it; undefined ones take the queue's defaults. */
export type Policy = { readonly [Name in keyof QueueOptions]?: QueueOptions[Name] | undefined };

/** Opens the queue that the arguments name, does the work, and lets the connection go. */
export function onQueue(
  args: QueueArguments,
  context: Context,
  work: (queue: Queue<unknown>) => Promise<ExitCode>,
  policy: Policy = {},
): Promise<ExitCode> {
  return onQueues(args, [], context, ([queue]) => work(queue), policy);
}

/** The same with others beside it, which have its policy. */
export async function onQueues(
  args: QueueArguments,
  others: readonly string[],
  { terminal }: Context,
  work: (queues: readonly [Queue<unknown>, ...Queue<unknown>[]]) => Promise<ExitCode>,
  policy: Policy = {},
): Promise<ExitCode> {
  const name = args.queue ?? args.stream;
  if (name === undefined) throw new UsageError("Expected --queue with the name of the queue.");
  if (others.length > 0 && (args.stream ?? args.deadLetterStream) !== undefined) {
    throw new UsageError("Expected no names of streams where there are several queues.");
  }
  const connection = openConnection(args, terminal.env);
  try {
    const describe = (queue: string) => describeQueue(queue, args, connection, policy);
    const queues = [describe(name), ...others.map(describe)] as const;
    return await work(queues);
  } finally {
    connection.close();
  }
}

function describeQueue(
  name: string,
  args: QueueArguments,
  { store }: Connection,
  policy: Policy,
): Queue<unknown> {
  const { stream, group, deadLetterStream, idempotencyField, retryCountField } = args;
  const options = {
    ...policy,
    name,
    store,
    stream,
    group,
    idempotencyField,
    retryCountField,
    deadLetters: deadLetterStream === undefined ? undefined : { stream: deadLetterStream },
  };
  return createQueue(given(options) as unknown as QueueOptions);
}

type Given<Options> = { readonly [Name in keyof Options]?: Exclude<Options[Name], undefined> };

/** Without the options that were not given. */
export function given<Options extends object>(options: Options): Given<Options> {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Given<Options>;
}
