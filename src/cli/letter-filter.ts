import type { Argv } from "yargs";
import type { DeadLetter } from "../dead-letters.ts";
import { lastIdBefore } from "../entry-id.ts";
import type { Queue } from "../queue.ts";
import { CommandError, UsageError } from "./errors.ts";
import { moment } from "./moments.ts";
import { wholeNumber } from "./numbers.ts";

type Letter = DeadLetter<unknown>;

/** Which dead letters are meant, as flags. */
export interface FilterArguments {
  readonly reason: readonly string[] | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly match: string | undefined;
  readonly error: string | undefined;
  readonly limit: number | undefined;
}

/** Which dead letters are meant. */
export interface LetterFilter {
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  readonly limit: number;
  matches(letter: Letter): boolean;
}

/** Payloads may be large, so a page is small. */
const PAGE = 100;

const CLOCKS_DIFFER_MS = 5 * 60_000;

export function withFilter<Options>(argv: Argv<Options>): Argv<Options & FilterArguments> {
  const group = "Which dead letters:";
  return argv.options({
    reason: {
      type: "string",
      array: true,
      group,
      describe:
        "Why they are dead: failed, rejected, invalid, crashed, or another producer's words",
    },
    since: { type: "string", group, describe: "Dead since: a date, or a time ago (2h)" },
    until: { type: "string", group, describe: "Dead before: a date, or a time ago (2h)" },
    match: { type: "string", group, describe: "This text is in the payload's JSON" },
    error: { type: "string", group, describe: "This text is in the last error" },
    limit: { type: "number", group, describe: "At most so many, the oldest first" },
  }) as unknown as Argv<Options & FilterArguments>;
}

/** @throws UsageError */
export function filterOf(args: FilterArguments, now: number): LetterFilter {
  const { reason, match, error } = args;
  const since = args.since === undefined ? undefined : moment("--since", args.since, now);
  const until = args.until === undefined ? undefined : moment("--until", args.until, now);
  const tests: ((letter: Letter) => boolean)[] = [];
  if (reason !== undefined) tests.push((letter) => reason.includes(letter.reason));
  if (since !== undefined) tests.push(({ failedAt }) => failedAt.getTime() >= since);
  if (until !== undefined) tests.push(({ failedAt }) => failedAt.getTime() < until);
  if (match !== undefined) tests.push(({ payload }) => textOf(payload).includes(match));
  if (error !== undefined) tests.push((letter) => letter.error.includes(error));
  const limit = args.limit ?? Number.MAX_SAFE_INTEGER;
  wholeNumber("--limit", limit, { min: 1, max: Number.MAX_SAFE_INTEGER });
  return { since, limit, matches: (letter) => tests.every((test) => test(letter)) };
}

/** Whether anything says which ones. */
export function isFiltered(args: FilterArguments): boolean {
  const { reason, since, until, match, error, limit } = args;
  return [reason, since, until, match, error, limit].some((value) => value !== undefined);
}

/**
 * The dead letters that are meant, the oldest first, a page a request.
 * @throws CommandError where the signal aborts before all are found
 */
export async function* findLetters(
  queue: Queue<unknown>,
  { since, limit, matches }: LetterFilter,
  signal: AbortSignal,
): AsyncGenerator<Letter> {
  // A letter's id begins with the time at which it was added, by the server's clock; other producers
  // write `failed_at` by a clock of their own.
  const from = since === undefined ? 0 : Math.floor(since) - CLOCKS_DIFFER_MS;
  let after = lastIdBefore(from);
  let found = 0;
  for (;;) {
    if (signal.aborted) throw new CommandError("It was interrupted; nothing was done.");
    const page = await queue.deadLetters.list({ count: PAGE, ...(after && { after }) });
    for (const letter of page.filter(matches)) {
      yield letter;
      found += 1;
      if (found === limit) return;
    }
    after = page.at(-1)?.id;
    if (page.length < PAGE) return;
  }
}

/** The one of an id; undefined where there is none. @throws UsageError for what is no id */
export async function findLetter(queue: Queue<unknown>, id: string): Promise<Letter | undefined> {
  const after = idBefore(id);
  const [letter] = await queue.deadLetters.list({ count: 1, ...(after && { after }) });
  return letter?.id === id ? letter : undefined;
}

/** The last id that is smaller; undefined for the first one that there can be. */
function idBefore(id: string): string | undefined {
  if (!/^\d+-\d+$/.test(id)) throw new UsageError("Expected an id such as 1763712000000-0.");
  const [ms = 0n, sequence = 0n] = id.split("-").map(BigInt);
  if (sequence > 0n) return `${ms}-${sequence - 1n}`;
  return lastIdBefore(Number(ms));
}

export function textOf(payload: unknown): string {
  return payload === undefined ? "(cannot be read)" : JSON.stringify(payload);
}
