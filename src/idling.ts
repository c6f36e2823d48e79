import { fitsBeforeDeadline, type Pass, requestsLeft, roundTripMs, workUntil } from "./pass.ts";
import type { Round } from "./round.ts";
import type { Waker } from "./waker.ts";

/** What a lane does when there is nothing: it waits for what may come, or there is no more. */
export interface Idling {
  /** Waits for more; false where none may come, or no time is left for it. */
  waited(round: Round): Promise<boolean>;
  /** There was something. */
  end(): void;
}

export function createIdling(pass: Pass, waker: Waker): Idling {
  const { options, store } = pass;
  let polls = 0; // since there was something

  /** Waits so long, where there is time and a request for the turn behind it; says whether it did. */
  async function paused(ms: number): Promise<boolean> {
    if (ms <= 0 || store.now() + ms >= workUntil(pass) || requestsLeft(pass) <= 2) return false;
    await waker.wait(ms);
    return true;
  }

  /** A rate lets go on in a moment, for which there may be time. */
  async function waitedForRate({ rateOpensAt, now }: Round): Promise<boolean> {
    return rateOpensAt !== undefined && paused(Math.max(1, rateOpensAt - now));
  }

  /**
   * Only the last lane lingers, to the end of its time: after the last pause a poll still fits, if the timer
   * is not late. If it is, the pass has seen nothing that is left, and ends as an empty one.
   */
  async function lingered({ nextDueAt, now }: Round): Promise<boolean> {
    const { linger } = options;
    if (linger === undefined || pass.open > 1) return false;
    const left = workUntil(pass) - pass.meanHandlerMs - roundTripMs(pass) - store.now() - 9;
    if (left < linger.pauseMs) return false; // too soon after the last poll to cost another
    const dueIn = (nextDueAt ?? 0) - now; // what is due already is held back by a limit
    const growing = linger.pauseMs * 2 ** polls;
    const pause = Math.min(linger.maxPauseMs, growing, left, dueIn > 0 ? dueIn : left);
    const fits = (await paused(pause)) && fitsBeforeDeadline(pass, true);
    if (fits) {
      polls += 1;
      pass.spent.polls += 1;
    }
    return fits;
  }

  /**
   * A kick stands for all that is sent in its debounce: the pass that it asked for looks once more when
   * that is over.
   */
  async function waitedForKick(): Promise<boolean> {
    return pass.open === 1 && (await paused(options.kickedUntil - store.now()));
  }

  return {
    waited: async (round) =>
      (await waitedForRate(round)) || (await lingered(round)) || (await waitedForKick()),
    end() {
      polls = 0;
    },
  };
}
