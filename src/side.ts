import { createHand, type Hand } from "./hand.ts";
import { createOutlook, type Outlook } from "./outlook.ts";
import type { Pass, PassQueue } from "./pass.ts";
import { countUnsettled } from "./tally.ts";

/** One queue as a lane sees it: what it has in hand of it, and what it knows. */
export interface Side {
  readonly of: PassQueue;
  readonly hand: Hand;
  readonly outlook: Outlook;
  /** It has taken a turn. */
  begun: boolean;
  /** Its last turn failed: it takes no other. */
  broken: boolean;
}

export function createSide(pass: Pass, of: PassQueue): Side {
  const alone = () => pass.open === 1;
  return {
    of,
    hand: createHand(of.queue.storeQueue),
    outlook: createOutlook(of.queue, pass.options, alone, of.seen),
    begun: false,
    broken: false,
  };
}

/** What of it cannot be settled any more: nobody knows how it is with that. */
export function giveUp({ of, hand }: Side): void {
  countUnsettled(of.tally, hand.takeOutcomes(false));
  of.tally.uncertain += hand.waiting;
}
