import { InterruptError, StoreError } from "./errors.ts";
import { createExtensions, leaseLost } from "./extensions.ts";
import { createHand, type Held } from "./hand.ts";
import type { Outcome } from "./outcome.ts";
import { createOutlook, foundBy } from "./outlook.ts";
import {
  callLimits,
  claimsNoMore,
  fitsBeforeDeadline,
  mustStop,
  type Pass,
  requestsLeft,
  wakeAll,
  workUntil,
} from "./pass.ts";
import { randomId } from "./random-id.ts";
import type { Stopped } from "./report.ts";
import { isPromise, runHandler } from "./run-handler.ts";
import type { Outcomes, TurnReply, TurnRequest } from "./store.ts";
import { countReply, countUnsettled } from "./tally.ts";
import { createWaker } from "./waker.ts";

/** One lane of a pass: a token, what it has in hand, and its turns, one after the other. */
export async function runLane(pass: Pass): Promise<Stopped> {
  const { queue, options } = pass;
  const { store, storeQueue } = queue;
  const token = `xd:${randomId(() => store.random())}`;
  const hand = createHand(storeQueue);
  const outlook = createOutlook(queue, options, () => pass.open === 1, pass.seen);
  const waker = createWaker(store);
  const extensions = createExtensions(waker.wake);
  let finishing = false;
  let turns = 0;
  let broken = false; // a turn of this lane has failed
  let idleTurns = 0; // in a row
  let polls = 0; // since there was something
  pass.wakers.add(waker.wake);

  const leaseAge = () => Math.max(0, ...hand.list().map((held) => store.now() - held.leasedAt));
  /** One request stays for the last turn of each lane. */
  const canRenew = () => requestsLeft(pass) > pass.open;
  /** At what age leases are renewed; where that cannot be, handlers get most of their lease. */
  const renewalAge = () => outlook.leaseMs * (canRenew() ? 1 / 3 : 0.8);
  const renewalDue = () => extensions.waiting || leaseAge() >= renewalAge();

  /** Whether the next claiming turn may go: ahead of the last handlers, or behind them. */
  function readyToClaim(): boolean {
    if (hand.waiting > 0) return false;
    const apart = outlook.suspectsInHand || outlook.suspectsWaiting;
    const ahead = options.prefetch && !outlook.drained && !apart;
    return hand.running === 0 || (ahead && claimsNoMore(pass) === undefined);
  }

  function startable(held: Held): boolean {
    // Near its end a lease is renewed first: a pass that slept may have lost it.
    return store.now() - held.leasedAt < outlook.leaseMs * 0.9 && fitsBeforeDeadline(pass);
  }

  /** Nothing runs, and what waits cannot be started: its lease is old, or the time too short. */
  function stuck(): boolean {
    return hand.running === 0 && pass.running < options.concurrency && hand.waiting > 0;
  }

  function startHandlers(): void {
    while (pass.running < options.concurrency && mustStop(pass) === undefined) {
      const held = hand.next(startable);
      if (held === undefined) return;
      work(held);
    }
  }

  function work(held: Held): void {
    pass.running += 1;
    const startedAt = store.now();
    const done = (outcome: Outcome) => {
      pass.meanHandlerMs += (store.now() - startedAt - pass.meanHandlerMs) / 8;
      pass.running -= 1;
      hand.finish(held, outcome);
    };
    const outcome = runHandler({
      queue,
      held,
      handler: pass.handler,
      timeoutMs: options.handlerTimeoutMs,
      context: {
        deadline: new Date(options.deadline),
        fence: `${token}/${held.delivery}`,
        extend: () => extensions.ask(held),
      },
      onError: (error, what) => reportError(error, held, what),
    });
    if (!isPromise(outcome)) {
      done(outcome);
      return;
    }
    void outcome.then((settled) => {
      done(settled);
      startHandlers();
      if (finishing || readyToClaim()) waker.wake();
      if (pass.open > 1) wakeAll(pass);
    });
  }

  function reportError(error: unknown, held: Held, what: Outcome): void {
    if (held.state !== "running" || what.kind === "complete") return;
    const { kind, error: text } = what;
    const { errors } = pass.tally;
    if (errors.length < 10) errors.push({ id: held.messageId, outcome: kind, error: text });
    try {
      options.onError?.(error, { id: held.messageId, deliveries: held.delivery, outcome: kind });
    } catch {
      // A log that fails must not change what becomes of the message.
    }
  }

  /** Settles what is done, renews what is held when due, and claims up to `claim` messages. */
  async function takeTurn(claim: number, final = false): Promise<TurnReply> {
    const outcomes = hand.takeOutcomes(final);
    const held = hand.list();
    const renew = renewalDue();
    const asked = extensions.take();
    const expectations = outlook.expect(claim, hand.size === 0, final);
    const request: TurnRequest = {
      ...outcomes,
      ...expectations,
      token,
      held,
      renew,
      claim,
      final,
    };
    const sentAt = store.now();
    try {
      const reply = await store.turn(storeQueue, request, callLimits(pass, final));
      countReply(pass.tally, request, reply);
      outlook.absorb(request, reply);
      pass.seen = outlook.seen;
      turns += 1;
      pass.claimsLeft += claim - reply.messages.length;
      for (const id of reply.lost) hand.drop(id, leaseLost(id));
      if (renew) for (const item of held) item.leasedAt = sentAt;
      hand.admit(reply.messages, sentAt);
      asked.tell(reply);
      return reply;
    } catch (error) {
      asked.fail(error);
      abandon(error, outcomes);
      throw error;
    }
  }

  /** A turn that failed: what it should have settled is uncertain, and the pass is over. */
  function abandon(error: unknown, outcomes: Outcomes): void {
    pass.failed = true;
    broken = true;
    wakeAll(pass);
    if (!(error instanceof StoreError)) return;
    pass.tally.error = error;
    countUnsettled(pass.tally, outcomes);
  }

  /** Handlers had nothing to do while this turn was under way, and there is more. */
  function wantsHelp(claim: number, reply: TurnReply): boolean {
    const full = claim === options.batch && reply.messages.length === claim;
    const apart = outlook.suspectsInHand || outlook.suspectsWaiting;
    return full && !apart && pass.running === 0 && pass.open < options.lanes;
  }

  /** Waits until a turn can go, a lease has to be renewed, or the pass has to stop. */
  async function waitForTurn(): Promise<void> {
    for (;;) {
      startHandlers();
      if (mustStop(pass) !== undefined || readyToClaim() || renewalDue() || stuck()) return;
      const renewIn = renewalAge() - leaseAge();
      const stopIn = workUntil(options) - store.now();
      await waker.wait(Math.max(1, Math.min(renewIn, stopIn)));
    }
  }

  /** Waits so long, where there is time and a request for the turn behind it; says whether it did. */
  async function paused(ms: number): Promise<boolean> {
    if (ms <= 0 || store.now() + ms >= workUntil(options) || requestsLeft(pass) <= 2) return false;
    await waker.wait(ms);
    return true;
  }

  /** Waits for what may come; false where this lane does not, or no time is left for it. */
  async function lingered({ nextDueAt, now }: TurnReply): Promise<boolean> {
    const { linger } = options;
    if (linger === undefined || pass.open > 1) return false;
    const growing = Math.min(linger.maxPauseMs, linger.pauseMs * 2 ** polls);
    const dueIn = (nextDueAt ?? 0) - now; // what is due already is held back by a limit
    if (!(await paused(dueIn > 0 ? Math.min(growing, dueIn) : growing))) return false;
    polls += 1;
    pass.tally.polls += 1;
    return true;
  }

  /**
   * A kick stands for all that is sent in its debounce: the pass that it asked for looks once more when
   * that is over.
   */
  async function waitedForKick(): Promise<boolean> {
    return pass.open === 1 && (await paused(options.kickedUntil - store.now()));
  }

  /** A rate lets go on in a moment, for which there may be time. */
  async function waitedForRate({ heldBack, nextDueAt, now }: TurnReply): Promise<boolean> {
    if (heldBack !== "rate" || nextDueAt === undefined) return false;
    return paused(Math.max(1, nextDueAt - now));
  }

  /** Lets nothing start any more, ends what runs, and gives back what waits. */
  async function finish(reason: Stopped): Promise<Stopped> {
    finishing = true;
    if (reason === "deadline") await runningDone(workUntil(options));
    for (const held of hand.list()) {
      if (held.state === "running") held.controller.abort(interruption(reason));
    }
    // An aborted handler is not waited for, but its error is told and its outcome taken: those come
    // before any timer, however late it is.
    await store.sleep(0);
    await runningDone(options.deadline);
    pass.tally.uncertain += hand.running;
    if (broken) {
      countUnsettled(pass.tally, hand.takeOutcomes(false));
      pass.tally.uncertain += hand.waiting;
    } else if (turns > 0 && requestsLeft(pass) > 0) {
      await takeTurn(0, true);
    }
    return reason;
  }

  async function runningDone(until: number): Promise<void> {
    while (hand.running > 0 && store.now() < until) await waker.wait(until - store.now());
  }

  try {
    for (;;) {
      const stop = mustStop(pass);
      if (stop !== undefined) return await finish(stop);
      if (stuck() && !renewalDue()) return await finish("deadline");

      const noMore = claimsNoMore(pass);
      if (noMore !== undefined && hand.size === 0) return await finish(noMore);
      if (renewalDue() && !canRenew()) return await finish("requests");
      const claim = noMore === undefined && readyToClaim() ? claimSize(pass) : 0;
      pass.claimsLeft -= claim;
      const reply = await takeTurn(claim);
      if (wantsHelp(claim, reply) && claimsNoMore(pass) === undefined) pass.openLane();

      const idle = claim > 0 && foundBy(reply) === 0 && hand.size + hand.done === 0;
      idleTurns = idle ? idleTurns + 1 : 0;
      if (!idle) polls = 0;
      if (!idle) {
        await waitForTurn();
      } else if (!outlook.suspectsWaiting || idleTurns > 2) {
        // A sweep that found something and is not through goes on; otherwise there is no more.
        const found = outlook.seen?.found;
        if (reply.reclaimed > 0 && found?.sweeping === true) {
          await waker.wait(Math.max(1, found.nextAt - reply.now));
        } else if (
          !(await waitedForRate(reply)) &&
          !(await lingered(reply)) &&
          !(await waitedForKick())
        ) {
          return heldBackBy(reply);
        }
      }
    }
  } catch (error) {
    if (error instanceof StoreError && pass.tally.turns > 0) return await finish("store");
    throw error;
  } finally {
    pass.open -= 1;
    pass.wakers.delete(waker.wake);
    extensions.take().fail(new InterruptError("deadline_passed", "The pass is over."));
  }
}

function claimSize(pass: Pass): number {
  return Math.min(pass.options.batch, pass.claimsLeft);
}

function interruption(reason: Stopped): InterruptError {
  return new InterruptError("deadline_passed", `The pass ended while this ran (${reason}).`);
}

function heldBackBy({ heldBack }: TurnReply): Stopped {
  if (heldBack === undefined) return "empty";
  return heldBack === "paused" ? "paused" : "limited";
}
