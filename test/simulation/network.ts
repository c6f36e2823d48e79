import { StoreError } from "../../src/errors.ts";
import type { CallLimits } from "../../src/store.ts";
import { type Awaitable, OutOfMemory } from "./backend.ts";
import type { Counters } from "./counters.ts";
import type { Process, Scheduler } from "./scheduler.ts";

const ATTEMPTS = 3;
/** How long a caller waits for an answer; an older request does nothing when it arrives. */
const TIMEOUT_MS = 10_000;
/** The longest pause between two attempts, and with that the latest that one begins. */
const MAX_PAUSE_MS = 5_000;
const LATEST_MS = ATTEMPTS * (TIMEOUT_MS + MAX_PAUSE_MS);

/** What goes wrong between functions and the server. */
export interface Weather {
  /** How likely a request, a response, or both in time get lost. */
  loss: number;
  /** Until when the server cannot be reached. */
  downUntil: number;
  /** Until when it has no memory left for what does not free any. */
  fullUntil: number;
  /** Scripts are not known any more: the next call pays a request to say its text. */
  scriptsLost: boolean;
}

export function calm(): Weather {
  return { loss: 0, downUntil: 0, fullUntil: 0, scriptsLost: false };
}

export interface Call<Reply> {
  readonly limits: CallLimits;
  /** The server carries out this attempt, if it still should: in one go, as Redis runs a script. */
  readonly run: (attempt: Attempt) => Awaitable<Reply | undefined>;
}

export interface Attempt {
  readonly number: number;
  /** The server does nothing after this time of its clock, if the call can be refused so. */
  readonly notAfter: number;
  /** A copy that some proxy kept. */
  readonly isLate: boolean;
}

/** Carries calls of processes to the server, as the store over Redis does: again without an answer. */
export function createNetwork(
  scheduler: Scheduler,
  weather: Weather,
  serverNow: () => number,
  counters: Counters,
) {
  const travel = () => (scheduler.chance(0.1) ? scheduler.integer(400) : 1 + scheduler.integer(8));

  /** One request; resolves with its answer, or with undefined where none comes in time. */
  function ask<Reply>(process: Process, number: number, run: Call<Reply>["run"]) {
    type Answer = { readonly reply: Reply } | { readonly outOfMemory: OutOfMemory };
    return new Promise<Answer | undefined>((resolve) => {
      const notAfter = Math.ceil(serverNow() + TIMEOUT_MS);
      const giveUp = () => scheduler.schedule(1_000, process, () => resolve(undefined));
      const carryOut = async (isLate = false): Promise<Answer | undefined> => {
        if (scheduler.now() < weather.downUntil) return undefined;
        try {
          const reply = await run({ number, notAfter, isLate });
          return reply === undefined ? undefined : { reply };
        } catch (error) {
          if (!(error instanceof OutOfMemory)) throw error;
          counters.count("out of memory");
          return { outOfMemory: error };
        }
      };
      if (scheduler.chance(weather.loss)) {
        counters.count("request dropped");
        giveUp();
        return;
      }
      const arriveLate = () => {
        scheduler.schedule(scheduler.integer(9_000), undefined, async () => {
          counters.count("late copy");
          await carryOut(true);
        });
      };
      if (scheduler.chance(weather.loss / 2)) {
        giveUp();
        arriveLate();
        return;
      }
      // Nobody's event: a request that is on its way arrives, whatever becomes of its sender.
      scheduler.schedule(travel(), undefined, async () => {
        const answer = await carryOut();
        // What was refused is not sent twice by whoever does that: nobody could keep a promise then.
        if (answer !== undefined && "reply" in answer && scheduler.chance(weather.loss / 4)) {
          arriveLate();
        }
        if (answer === undefined) giveUp();
        else if (scheduler.chance(weather.loss)) {
          counters.count("response dropped");
          giveUp();
        } else scheduler.schedule(travel(), process, () => resolve(answer));
      });
    });
  }

  return async function call<Reply>(
    process: Process,
    { limits, run }: Call<Reply>,
  ): Promise<{ readonly reply: Reply; readonly requests: number; readonly unanswered: boolean }> {
    let requests = 0;
    let unanswered = false;
    const latest = scheduler.now() + LATEST_MS;
    const mayRequest = () => {
      if (limits.mayRequest?.() === false) throw noAnswer(requests);
      requests += 1;
    };
    for (let attempt = 1; ; attempt += 1) {
      mayRequest();
      if (weather.scriptsLost) {
        weather.scriptsLost = false;
        mayRequest();
      }
      const answer = await ask(process, attempt, run);
      if (answer !== undefined && "reply" in answer) {
        return { reply: answer.reply, requests, unanswered };
      }
      if (answer !== undefined) {
        const uncertain = unanswered;
        throw new StoreError("store_full", "OOM command not allowed.", { requests, uncertain });
      }
      unanswered = true;
      const pause = 50 * 2 ** (attempt - 1) * (1 + scheduler.random());
      const over = limits.deadline !== undefined && scheduler.now() + pause >= limits.deadline;
      if (attempt === ATTEMPTS || over) throw noAnswer(requests);
      await scheduler.wait(process, pause);
      if (scheduler.now() > latest) throw noAnswer(requests);
    }
  };
}

function noAnswer(requests: number): StoreError {
  const text = `No answer came (${requests} requests).`;
  return new StoreError("store_unavailable", text, { requests, uncertain: true });
}
