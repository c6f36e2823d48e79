import type { ResolvedDrain } from "./drain-options.ts";
import type { ResolvedQueue } from "./queue-options.ts";
import type { ClaimedEntry, SurveyFindings, TurnReply, TurnRequest } from "./store.ts";

/** The part of a turn's request that follows from the replies to the earlier ones. */
export type Expectations = Pick<
  TurnRequest,
  | "found"
  | "keyed"
  | "housekeeping"
  | "sizeHint"
  | "maxBytes"
  | "survey"
  | "suspects"
  | "suspectBatch"
>;

/** What earlier lanes of the pass have learned. */
export interface Seen {
  readonly found: SurveyFindings;
  /** How far the store's clock is ahead of ours, in milliseconds. */
  readonly serverAhead: number;
}

/** What a lane has learned from its replies, and what its next turn should look for. */
export interface Outlook {
  expect(claim: number, handEmpty: boolean, final: boolean): Expectations;
  /** `claim`: how many it could claim, since other queues of the pass may have come first. */
  absorb(request: TurnRequest, reply: TurnReply | undefined, claim: number): void;
  readonly seen: Seen | undefined;
  /** Suspects were handed out, or may be: they come with nothing else in hand. */
  readonly isApart: boolean;
  readonly suspectsWaiting: boolean;
  /** The last claim brought less than it asked for: there is no use in asking ahead. */
  readonly drained: boolean;
}

/** Keyed messages between two prunings; one removes up to twice as many expired records. */
const HOUSEKEEPING = 1_000;

export function createOutlook(
  { store, storeQueue, maxPayload }: ResolvedQueue,
  options: ResolvedDrain,
  alone: () => boolean,
  before: Seen | undefined,
): Outlook {
  let found = before?.found;
  let serverAhead = before?.serverAhead ?? 0;
  let sizeHint = maxPayload;
  let keyed = false;
  let keyedSince = 0;
  let suspectsWaiting = alone(); // the first turn looks for them
  let suspectsInHand = false;
  let drained = false;

  const sweeping = () => found?.sweeping === true && alone();
  const surveyDue = () =>
    found === undefined || sweeping() || store.now() + serverAhead >= found.nextAt;

  function suspectsWanted(claim: number, handEmpty: boolean): TurnRequest["suspects"] {
    if (claim === 0 || !handEmpty || !alone()) return "no";
    if (suspectsWaiting) return suspectsInHand ? "last" : "first";
    return surveyDue() || suspectsInHand ? "last" : "no";
  }

  return {
    expect: (claim, handEmpty, final) => ({
      found,
      keyed,
      sizeHint,
      housekeeping: keyed && keyedSince >= HOUSEKEEPING,
      maxBytes: options.maxBytes,
      survey: !final && surveyDue(),
      suspects: suspectsWanted(claim, handEmpty),
      suspectBatch: Math.max(1, Math.floor(options.batch / 10)),
    }),

    absorb(request, reply, claim) {
      if (reply !== undefined) {
        serverAhead = reply.now - store.now();
        found = reply.found ?? found;
        if (request.suspects !== "no") suspectsWaiting = reply.suspectsLeft;
        if (reply.reclaimed > 0 && alone()) suspectsWaiting ||= reply.kind !== "suspects";
        // A renewal may bring what a response lost, too.
        keyed ||= reply.messages.some(
          ({ fields }) => storeQueue.keepResults || hasField(fields, storeQueue.keyField),
        );
        suspectsInHand ||= bringsSuspects(reply);
      }
      if (request.claim === 0) return;
      if (reply === undefined || claim === 0) {
        suspectsInHand = false;
        drained = false; // other queues came first: nobody looked
        return;
      }
      suspectsInHand = bringsSuspects(reply);
      keyedSince = (request.housekeeping ? 0 : keyedSince) + foundBy(reply);
      const size = sizeOf(reply.messages);
      drained = foundBy(reply) < claim && size < options.maxBytes / 2;
      if (reply.messages.length === 0) return;
      sizeHint = size / reply.messages.length;
    },

    get seen() {
      return found === undefined ? undefined : { found, serverAhead };
    },
    get isApart() {
      return suspectsInHand || suspectsWaiting || sweeping();
    },
    get suspectsWaiting() {
      return suspectsWaiting;
    },
    get drained() {
      return drained;
    },
  };
}

/** Also those that a lost response handed out, and that come again. */
function bringsSuspects({ kind, messages }: TurnReply): boolean {
  return (
    kind === "suspects" || (kind === "replayed" && messages.some(({ crashes }) => crashes > 0))
  );
}

/** What a turn came upon, those included that it did not hand out: behind them may be more. */
export function foundBy(reply: TurnReply): number {
  const { messages, duplicates, deferred, dead, lostPayloads, reclaimed } = reply;
  return messages.length + duplicates + deferred + dead + lostPayloads + reclaimed;
}

/** Size of claimed entries, in UTF-16 units: near enough for choosing the next claim. */
function sizeOf(entries: readonly ClaimedEntry[]): number {
  let size = 0;
  for (const { fields } of entries) for (const field of fields) size += field.length;
  return size;
}

function hasField(fields: readonly string[], name: string): boolean {
  return fields.some((field, i) => i % 2 === 0 && field === name);
}
