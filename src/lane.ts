import { InterruptError, StoreError } from "./errors.ts";
import { exchange } from "./exchange.ts";
import { createExtensions } from "./extensions.ts";
import type { Held } from "./hand.ts";
import { createIdling } from "./idling.ts";
import type { Outcome } from "./outcome.ts";
import {
  claimsNoMore,
  fitsBeforeDeadline,
  mustLook,
  mustStop,
  type Pass,
  type PassQueue,
  requestsLeft,
  wakeAll,
  workUntil,
} from "./pass.ts";
import { randomId } from "./random-id.ts";
import type { Stopped } from "./report.ts";
import type { Round } from "./round.ts";
import { isPromise, runHandler } from "./run-handler.ts";
import { createSide, giveUp, type Side } from "./side.ts";
import { createWaker } from "./waker.ts";

/** One lane of a pass: a token, what it has in hand, and its turns, one after the other. */
export async function runLane(pass: Pass): Promise<Stopped> {
  const { options, store } = pass;
  const token = `xd:${randomId(() => store.random())}`;
  pass.id ||= token;
  const sides = pass.queues.map((of) => createSide(pass, of));
  const waker = createWaker(store);
  const idling = createIdling(pass, waker);
  const extensions = createExtensions(waker.wake);
  let open = true;
  let finishing = false;
  let idleTurns = 0; // in a row
  let batchRuns = 0; // suspects beside nothing else, also where a late copy of a turn has claimed more
  let hasAsked = false; // for messages: before, nothing can be given back
  pass.wakers.add(waker.wake);

  const count = (what: "waiting" | "running" | "done" | "size") =>
    sides.reduce((sum, { hand }) => sum + hand[what], 0);
  const suspectsWaiting = () => sides.some(({ outlook }) => outlook.suspectsWaiting);
  const isApart = () => sides.some(({ outlook }) => outlook.isApart);
  const leaseOf = ({ of }: Side) => of.queue.storeQueue.leaseMs;
  /** A clock that went back far tells nothing of it: as if it were old. What is gone needs no lease. */
  const ageOf = ({ leasedAt }: Held) =>
    leasedAt < Infinity ? Math.abs(store.now() - leasedAt) : 0;
  const leaseAge = ({ hand }: Side) => Math.max(0, ...hand.list().map(ageOf));
  /** One request stays for the last turn of each lane. */
  const canRenew = () => requestsLeft(pass) > pass.open;
  /** At what age leases are renewed; where that cannot be, handlers get most of their lease. */
  const renewalAge = (side: Side) => leaseOf(side) * (canRenew() ? 1 / 3 : 0.8);
  const renewalIn = () => Math.min(...sides.map((side) => renewalAge(side) - leaseAge(side)));
  const renewalDue = () => extensions.waiting || renewalIn() <= 0;

  /** Whether the next claiming turn may go: ahead of the last handlers, or behind them. */
  function readyToClaim(): boolean {
    if (count("waiting") > 0) return false;
    const isDrained = sides.every(({ outlook }) => outlook.drained);
    const ahead = options.prefetch && !isDrained && !isApart();
    return count("running") === 0 || (ahead && claimsNoMore(pass) === undefined);
  }

  /** Nothing runs, and what waits cannot be started: its lease is old, or the time too short. */
  function isStuck(): boolean {
    return count("running") === 0 && pass.running < options.concurrency && count("waiting") > 0;
  }

  /** The next message to start, of the first queue that has one. */
  function next(): { readonly side: Side; readonly held: Held } | undefined {
    for (const side of sides) {
      // Near its end a lease is renewed first: a pass that slept may have lost it.
      const oldest = leaseOf(side) * 0.9;
      const held = side.hand.next(
        (one) =>
          ageOf(one) < oldest &&
          fitsBeforeDeadline(pass) &&
          (count("running") === 0 || one.batch === batchRuns),
      );
      if (held !== undefined) return { side, held };
    }
    return undefined;
  }

  function startHandlers(): void {
    while (!finishing && pass.running < options.concurrency && mustStop(pass) === undefined) {
      const found = next();
      if (found === undefined) return;
      work(found.side, found.held);
    }
  }

  function work({ of, hand }: Side, held: Held): void {
    pass.running += 1;
    batchRuns = held.batch;
    const startedAt = store.now();
    const done = (outcome: Outcome) => {
      const ranMs = store.now() - startedAt;
      of.meter.ran(ranMs);
      pass.meanHandlerMs += (ranMs - pass.meanHandlerMs) / 8;
      pass.running -= 1;
      hand.finish(held, outcome);
    };
    const outcome = runHandler({
      queue: of.queue,
      held,
      handler: pass.handler,
      timeoutMs: options.handlerTimeoutMs,
      context: {
        deadline: new Date(options.deadline),
        fence: `${token}/${held.delivery}`,
        extend: () => extensions.ask(held),
      },
      onError: (error, what) => reportError(of, error, held, what),
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

  function reportError({ queue, tally }: PassQueue, error: unknown, held: Held, what: Outcome) {
    if (held.state !== "running" || what.kind === "complete") return;
    const { kind, error: text } = what;
    const { messageId: id, delivery: deliveries } = held;
    if (tally.errors.length < 10) tally.errors.push({ id, outcome: kind, error: text });
    try {
      options.onError?.(error, { queue: queue.name, id, deliveries, outcome: kind });
    } catch {
      // A log that fails must not change what becomes of the message.
    }
  }

  async function takeTurn(claim: number, final?: Stopped): Promise<Round> {
    const party = { pass, token, sides, extensions };
    return exchange(party, { claim, renew: renewalDue(), final });
  }

  /** Handlers had nothing to do while this turn was under way, and there is more. */
  function wantsHelp(claim: number, { claimed }: Round): boolean {
    const full = claim === options.batch && claimed === claim;
    return full && !isApart() && pass.running === 0 && pass.open < options.lanes;
  }

  /** Waits until a turn can go, a lease has to be renewed, or the pass has to stop. */
  async function waitForTurn(): Promise<void> {
    for (;;) {
      startHandlers();
      if (mustStop(pass) !== undefined || readyToClaim() || renewalDue() || isStuck()) return;
      const stopIn = workUntil(pass) - store.now();
      await waker.wait(Math.max(1, Math.min(renewalIn(), stopIn)));
    }
  }

  /**
   * Nothing is left to do. Lanes that end together are in their turns at once, so none of them was the
   * last one: then the last to get here gives back the pass's place among those that are limited.
   */
  async function end(reason: Stopped): Promise<Stopped> {
    close();
    const limited = sides.some(({ of }) => of.queue.storeQueue.maxPasses !== undefined);
    return limited && pass.open === 0 && !pass.hasLeft ? finish(reason) : reason;
  }

  /** Before anything is waited for, so that one of the lanes that end together is the last. */
  function close(): void {
    if (!open) return;
    open = false;
    pass.open -= 1;
    pass.wakers.delete(waker.wake);
  }

  /** Lets nothing start any more, ends what runs, and gives back what waits. */
  async function finish(reason: Stopped): Promise<Stopped> {
    finishing = true;
    if (reason === "deadline") await runningDone(workUntil(pass));
    for (const held of sides.flatMap(({ hand }) => hand.list())) {
      if (held.state === "running") held.controller.abort(interruption(reason, options.signal));
    }
    // An aborted handler is not waited for, but its error is told and its outcome taken: those come
    // before any timer, however late it is.
    await store.sleep(0);
    await runningDone(options.deadline);
    for (const { of, hand } of sides) of.tally.uncertain += hand.running;
    const canSettle = hasAsked && sides.some(({ begun, broken }) => begun && !broken);
    pass.wakers.delete(waker.wake); // nothing is left that others could wake it for
    if (canSettle && requestsLeft(pass) > 0) await takeTurn(0, reason);
    return reason;
  }

  /** After a turn that failed: what is well is settled all the same, where that can be done. */
  async function finishWhole(): Promise<Stopped> {
    try {
      return await finish("store");
    } catch (error) {
      if (error instanceof StoreError) return "store";
      throw error;
    } finally {
      for (const side of sides) if (side.broken) giveUp(side);
    }
  }

  async function runningDone(until: number): Promise<void> {
    while (count("running") > 0 && store.now() < until) await waker.wait(until - store.now());
  }

  try {
    for (;;) {
      const stop = mustStop(pass);
      if (stop !== undefined) return await finish(stop);
      if (isStuck() && !renewalDue()) return await finish("deadline");

      const noMore = claimsNoMore(pass);
      if (noMore !== undefined && count("size") === 0) return await finish(noMore);
      if (renewalDue() && !canRenew()) return await finish("requests");
      const mayClaim = noMore === undefined && readyToClaim() && !mustLook(pass);
      const claim = mayClaim ? Math.min(options.batch, pass.claimsLeft) : 0;
      pass.claimsLeft -= claim;
      hasAsked ||= claim > 0;
      const round = await takeTurn(claim);
      if (wantsHelp(claim, round) && claimsNoMore(pass) === undefined) pass.openLane();

      const idle = claim > 0 && round.found === 0 && count("size") + count("done") === 0;
      idleTurns = idle ? idleTurns + 1 : 0;
      if (!idle) {
        idling.end();
        await waitForTurn();
      } else if (!suspectsWaiting() || idleTurns > 2) {
        if (!(await idling.waited(round))) return await end(heldBackBy(round));
      }
    }
  } catch (error) {
    if (!(error instanceof StoreError) || pass.spent.turns === 0) throw error;
    return await finishWhole();
  } finally {
    close();
    extensions.take().fail(new InterruptError("deadline_passed", "The pass is over."));
  }
}

/** A signal that a timer aborts is a deadline as well; any other one is no fault of the handler. */
function interruption(reason: Stopped, signal: AbortSignal | undefined): InterruptError {
  const isCalledOff = reason === "aborted" && signal?.reason?.name !== "TimeoutError";
  const code = isCalledOff ? "pass_aborted" : "deadline_passed";
  return new InterruptError(code, `The pass ended while this ran (${reason}).`);
}

function heldBackBy({ heldBack }: Round): Stopped {
  if (heldBack === undefined) return "empty";
  return heldBack === "paused" ? "paused" : "limited";
}
