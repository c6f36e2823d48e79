import { SendError } from "../errors.ts";
import type { Sent } from "../send.ts";
import { CommandError } from "./errors.ts";
import { counted } from "./format.ts";
import { type Line, listsOf } from "./lines.ts";

/** How far a sending of lines is. */
export interface FedSoFar {
  readonly sent: number;
  readonly duplicates: number;
  /** The last line that is stored, and how much was read up to it. */
  readonly line: number;
  readonly bytes: number;
}

/** How lines become messages, and where these go. */
export interface Feeding<Item> {
  /** @throws UsageError for a line that cannot be read. */
  read(line: Line): Item;
  /** Stores items in their order. @throws SendError that says how many are stored */
  send(items: readonly Item[]): Promise<readonly Sent[]>;
  /** Told of each batch that is stored. */
  onStored(lines: readonly Line[], sent: readonly Sent[], sofar: FedSoFar): Promise<void>;
  readonly signal: AbortSignal;
}

/** What one request carries at the most. */
const BATCH = 500;
const NOTHING: FedSoFar = { sent: 0, duplicates: 0, line: 0, bytes: 0 };

/**
 * Sends lines in their order, a batch after the other.
 * @throws CommandError that says how much is stored, and how to go on from there.
 */
export async function feedLines<Item>(
  lines: AsyncIterable<Line> | Iterable<Line>,
  feeding: Feeding<Item>,
): Promise<FedSoFar> {
  let sofar = NOTHING;
  let underWay: readonly Line[] = [];
  try {
    for await (const list of listsOf(lines, BATCH)) {
      const { items, error } = readWhatCan(list, feeding);
      underWay = list.slice(0, items.length);
      if (items.length > 0) {
        const sent = await feeding.send(items);
        sofar = after(sofar, underWay, sent);
        await feeding.onStored(underWay, sent, sofar);
      }
      underWay = [];
      if (error !== undefined) throw error;
      if (feeding.signal.aborted) break;
    }
    if (feeding.signal.aborted) throw new Error("It was interrupted.");
    return sofar;
  } catch (error) {
    throw unfinished(error, sofar, underWay);
  }
}

/** The lines before the first that cannot be read are sent all the same. */
function readWhatCan<Item>(list: readonly Line[], feeding: Feeding<Item>) {
  const items: Item[] = [];
  try {
    for (const line of list) items.push(feeding.read(line));
  } catch (error) {
    return { items, error };
  }
  return { items, error: undefined };
}

function after(before: FedSoFar, lines: readonly Line[], sent: readonly Sent[]): FedSoFar {
  const last = lines.at(-1);
  const duplicates = sent.filter(({ duplicate }) => duplicate === true).length;
  return {
    sent: before.sent + sent.length - duplicates,
    duplicates: before.duplicates + duplicates,
    line: last?.number ?? before.line,
    bytes: last?.bytes ?? before.bytes,
  };
}

function unfinished(error: unknown, before: FedSoFar, underWay: readonly Line[]): unknown {
  const ids = error instanceof SendError ? error.sentIds : [];
  const sent = ids.map((id) => ({ id }));
  const { sent: stored, line } = after(before, underWay.slice(0, ids.length), sent);
  const isNothing = stored === 0 && before.duplicates === 0;
  if (isNothing && !(error instanceof SendError)) return error;
  const uncertain = error instanceof SendError && error.uncertain;
  const skip = isNothing ? (underWay[0]?.number ?? 1) - 1 : line;
  const sure = isNothing
    ? `Nothing is${uncertain ? " known to be" : ""} stored.`
    : `${counted(stored, "message is", "messages are")} stored, up to line ${line}: go on with --skip ${skip}.`;
  const perhaps = uncertain
    ? " No answer came to the last request, so more may be stored: only messages with keys, sent with --deduplicate, can be sent again without doubles."
    : "";
  return new CommandError(`${reasonOf(error)} ${sure}${perhaps}`, { stored, skip }, error);
}

/** Why, without the count of one batch, which is not the count of all. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/ \(\d+ messages are stored\.\)/, "");
}
