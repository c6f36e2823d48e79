import type { Argv } from "yargs";
import type { DeadLetter } from "../dead-letters.ts";
import type { Queue } from "../queue.ts";
import type { Context } from "./command.ts";
import { UsageError } from "./errors.ts";
import { counted } from "./format.ts";
import {
  type FilterArguments,
  filterOf,
  findLetter,
  findLetters,
  isFiltered,
  textOf,
  withFilter,
} from "./letter-filter.ts";
import { cut, printable } from "./printable.ts";

/** Dead letters to do something with: named, filtered, or all. */
export interface ChoiceArguments extends FilterArguments {
  readonly ids: readonly string[] | undefined;
  readonly all: boolean;
  readonly dryRun: boolean;
}

export function withChoice<Options>(argv: Argv<Options>): Argv<Options & ChoiceArguments> {
  return withFilter(argv)
    .positional("ids", { type: "string", array: true, describe: "Ids, from `dlq ls`" })
    .option("all", { type: "boolean", default: false, describe: "All of them" })
    .option("dry-run", {
      type: "boolean",
      default: false,
      describe: "Only show which ones it would be",
    }) as unknown as Argv<Options & ChoiceArguments>;
}

/** @throws UsageError unless exactly one thing says which ones. */
export function checkChoice(args: ChoiceArguments): void {
  const { ids = [], all } = args;
  const said = [ids.length > 0, isFiltered(args), all].filter(Boolean).length;
  if (said === 0) throw new UsageError("Expected ids, a filter such as --reason, or --all.");
  if (said > 1) throw new UsageError("Expected only one of ids, filters and --all.");
}

/** The ids of the chosen ones. They are all found first: what is sent again may die again. */
export async function chosenIds(
  queue: Queue<unknown>,
  args: ChoiceArguments,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { ids = [] } = args;
  if (ids.length > 0) return [...new Set(ids)];
  const found: string[] = [];
  for await (const { id } of chosenLetters(queue, args, signal)) found.push(id);
  return found;
}

/** Shows which ones would be meant, and how many. */
export async function showChosen(
  queue: Queue<unknown>,
  args: ChoiceArguments,
  { terminal, output }: Context,
): Promise<void> {
  let count = 0;
  for await (const letter of chosenLetters(queue, args, terminal.signal)) {
    count += 1;
    await output.row({ id: letter.id, reason: letter.reason, dryRun: true }, lineOf(letter));
  }
  await output.note(`It would be ${counted(count, "dead letter")}; nothing was done.`);
}

async function* chosenLetters(queue: Queue<unknown>, args: ChoiceArguments, signal: AbortSignal) {
  const { ids = [] } = args;
  if (ids.length === 0) yield* findLetters(queue, filterOf(args, Date.now()), signal);
  for (const id of new Set(ids)) {
    const letter = await findLetter(queue, id);
    if (letter !== undefined) yield letter;
  }
}

function lineOf({ id, reason, payload }: DeadLetter<unknown>): string {
  return `${id}  ${reason}  ${printable(cut(textOf(payload), 100))}`;
}
