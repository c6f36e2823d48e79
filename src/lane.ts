import { InterruptError, StoreError } from "./errors.ts";
import { createHand, type Held } from "./hand.ts";
import type { Outcome } from "./outcome.ts";
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
import { runHandler } from "./run-handler.ts";
import type { Outcomes, SurveyFindings, TurnReply, TurnRequest } from "./store.ts";
import { countReply, countUnsettled, sizeOf } from "./tally.ts";
import { createWaker } from "./waker.ts";

/** One lane of a pass: a token, what it has in hand, and its turns, one after the other. */
export async function runLane(pass: Pass): Promise<Stopped> {
  const { queue, options } = pass;
  const { store, storeQueue } = queue;
  const token = `xd:${randomId(() => store.random())}`;
  const hand = createHand(storeQueue.keyField);
  const waker = createWaker(store);
  pass.wakers.add(waker.wake);

  // What the replies so far tell the next turn.
  let found: SurveyFindings | undefined;
  let serverAhead = 0;
  let sizeHint = 0;
  let keyed = false;
  let keyedTurns = 0;
  let suspectsWaiting = false;
  let suspectsInHand = false;
  // The last claim brought less than it asked for: there is no use in asking ahead.
  let drained = false;
  let finishing = false;
  // Handlers that asked for their lease, and are told by the next turn.
  let extensions: { held: Held; resolve: () => void; reject: (reason: unknown) => void }[] = [];

  const leaseMs = () => found?.leaseMs ?? storeQueue.leaseMs;
  const leaseAge = () => Math.max(0, ...hand.list().map((held) => store.now() - held.leasedAt));
  const renewalDue = () => extensions.length > 0 || leaseAge() * 3 >= leaseMs();
  const surveyDue = () => found === undefined || store.now() + serverAhead >= found.nextAt;

  /** Whether the next claiming turn may go: ahead of the last handlers, or behind them. */
  function readyToClaim(): boolean {
    if (hand.waiting > 0) return false;
    const ahead = options.prefetch && !drained && !suspectsInHand && !suspectsWaiting;
    return hand.running === 0 || (ahead && claimsNoMore(pass) === undefined);
  }

  function startable(held: Held): boolean {
    // Near its end a lease is renewed first: a pass that slept may have lost it.
    return store.now() - held.leasedAt < leaseMs() * 0.9 && fitsBeforeDeadline(pass);
  }

  function startHandlers(): void {
    while (pass.running < options.concurrency && mustStop(pass) === undefined) {
      const held = hand.next(startable);
      if (held === undefined) return;
      pass.running += 1;
      void work(held);
    }
  }

  async function work(held: Held): Promise<void> {
    const startedAt = store.now();
    const outcome = await runHandler({
      queue,
      held,
      handler: pass.handler,
      timeoutMs: options.handlerTimeoutMs,
      context: {
        deadline: new Date(options.deadline),
        fence: `${token}/${held.delivery}`,
        extend: () => extend(held),
      },
      onError: (error, what) => reportError(error, held, what),
    });
    const took = store.now() - startedAt;
    pass.meanHandlerMs += (took - pass.meanHandlerMs) / 8;
    pass.running -= 1;
    hand.finish(held, outcome);
    startHandlers();
    if (finishing || readyToClaim()) waker.wake();
    if (options.lanes > 1) wakeAll(pass);
  }

  function extend(held: Held): Promise<void> {
    return new Promise((resolve, reject) => {
      if (held.state !== "running" || held.controller.signal.aborted) {
        return reject(held.controller.signal.reason ?? leaseLost(held.id));
      }
      extensions.push({ held, resolve, reject });
      waker.wake();
    });
  }

  function reportError(error: unknown, held: Held, what: Outcome): void {
    if (held.state !== "running" || what.kind === "complete") return;
    const { kind, error: text } = what;
    const { errors } = pass.tally;
    if (errors.length < 10) errors.push({ id: held.id, outcome: kind, error: text });
    try {
      options.onError?.(error, { id: held.id, deliveries: held.delivery, outcome: kind });
    } catch {
      // A log that fails must not change what becomes of the message.
    }
  }

  /** Settles what is done, renews what is held when due, and claims up to `claim` messages. */
  async function takeTurn(claim: number, final = false): Promise<TurnReply> {
    const outcomes = hand.takeOutcomes(final);
    const held = hand.list();
    const renew = renewalDue();
    const asked = extensions;
    extensions = [];
    const housekeeping = keyed && keyedTurns >= 10;
    const request: TurnRequest = {
      ...outcomes,
      token,
      held,
      renew,
      claim,
      final,
      keyed,
      housekeeping,
      found,
      sizeHint,
      maxBytes: options.maxBytes,
      probe: Math.max(1, Math.floor(options.maxBytes / queue.maxPayload)),
      survey: !final && surveyDue(),
      suspects: suspectsWanted(claim),
      suspectBatch: Math.max(1, Math.floor(options.batch / 10)),
    };
    const sentAt = store.now();
    try {
      const reply = await store.turn(storeQueue, request, callLimits(pass, final));
      countReply(pass.tally, request, reply);
      absorb(request, reply, sentAt);
      tellExtended(asked, reply);
      return reply;
    } catch (error) {
      for (const { reject } of asked) reject(error);
      throw abandon(error, outcomes);
    }
  }

  function suspectsWanted(claim: number): TurnRequest["suspects"] {
    if (claim === 0 || hand.size > 0) return "no";
    if (found === undefined) return "first";
    if (suspectsWaiting) return suspectsInHand ? "last" : "first";
    return surveyDue() || suspectsInHand ? "last" : "no";
  }

  /** Takes in what a turn returned, and what it says about the next one. */
  function absorb(request: TurnRequest, reply: TurnReply, sentAt: number): void {
    serverAhead = reply.now - store.now();
    if (reply.found !== undefined) {
      found = reply.found;
      pass.found = found;
    }
    for (const id of reply.lost) hand.drop(id, leaseLost(id));
    if (request.renew) for (const held of request.held as Held[]) held.leasedAt = sentAt;
    if (request.claim === 0) return;
    pass.claimsLeft += request.claim - reply.messages.length;
    if (request.suspects !== "no") suspectsWaiting = reply.suspectsLeft;
    if (reply.reclaimed > 0) suspectsWaiting ||= reply.kind !== "suspects";
    suspectsInHand = reply.kind === "suspects";
    keyedTurns = request.housekeeping ? 0 : keyedTurns + 1;
    const size = sizeOf(reply.messages);
    drained = reply.messages.length < request.claim && size < options.maxBytes / 2;
    if (reply.messages.length === 0) return;
    hand.admit(reply.messages, sentAt);
    sizeHint = size / reply.messages.length;
    keyed ||= storeQueue.keepResults || hand.list().some((held) => held.key !== "");
  }

  function tellExtended(asked: typeof extensions, reply: TurnReply): void {
    const lost = new Set(reply.lost);
    for (const { held, resolve, reject } of asked) {
      if (lost.has(held.id)) reject(leaseLost(held.id));
      else resolve();
    }
  }

  /** A turn that failed: what it should have settled is uncertain, and the pass is over. */
  function abandon(error: unknown, outcomes: Outcomes): unknown {
    pass.failed = true;
    wakeAll(pass);
    if (error instanceof StoreError) {
      pass.tally.requests += error.requests;
      pass.tally.error = error;
      countUnsettled(pass.tally, outcomes);
    }
    return error;
  }

  /** Waits until a turn can go, a lease has to be renewed, or the pass has to stop. */
  async function waitForTurn(): Promise<void> {
    for (;;) {
      startHandlers();
      if (mustStop(pass) !== undefined || readyToClaim() || renewalDue() || stuck()) return;
      const renewIn = leaseMs() / 3 - leaseAge();
      const stopIn = workUntil(options) - store.now();
      await waker.wait(Math.max(1, Math.min(renewIn, stopIn)));
    }
  }

  /** Nothing runs, and what waits would not be done in time. */
  function stuck(): boolean {
    return hand.running === 0 && pass.running < options.concurrency && hand.waiting > 0;
  }

  /** Lets nothing start any more, ends what runs, and gives back what waits. */
  async function finish(reason: Stopped): Promise<Stopped> {
    finishing = true;
    if (reason === "deadline") await runningDone(workUntil(options));
    for (const held of hand.list()) {
      if (held.state === "running") held.controller.abort(interruption(reason));
    }
    // An aborted handler is not waited for, but its error is told and its outcome taken.
    await runningDone(options.deadline);
    if (reason === "store") {
      countUnsettled(pass.tally, hand.takeOutcomes(false));
    } else if (found !== undefined && requestsLeft(pass) > 0) {
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
      if (renewalDue() && noMore === "requests") return await finish("requests");
      const claim = noMore === undefined && readyToClaim() ? claimSize(pass) : 0;
      pass.claimsLeft -= claim;
      const reply = await takeTurn(claim);

      const idle = claim > 0 && reply.messages.length === 0 && hand.size + hand.done === 0;
      if (idle && !suspectsWaiting) {
        if (reply.reclaimed === 0 || found?.sweeping !== true) return "empty";
        await waker.wait(Math.max(1, found.nextAt - reply.now));
      }
      if (!idle) await waitForTurn();
    }
  } catch (error) {
    if (error instanceof StoreError && pass.tally.turns > 0) return await finish("store");
    throw error;
  } finally {
    pass.wakers.delete(waker.wake);
    for (const { held, reject } of extensions) reject(leaseLost(held.id));
  }
}

function claimSize(pass: Pass): number {
  return Math.min(pass.options.batch, pass.claimsLeft);
}

function leaseLost(id: string): InterruptError {
  return new InterruptError("lease_lost", `Another pass may have message ${id} by now.`);
}

function interruption(reason: Stopped): InterruptError {
  return new InterruptError("deadline_passed", `The pass ended while this ran (${reason}).`);
}
