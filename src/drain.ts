// # A pass
//
// A pass is one invocation's bounded run over a queue. It keeps nothing: all state is in the store,
// so it may die at any instruction, and the next pass takes over.
//
// It goes in turns, one round trip each. A turn settles what the pass has worked on and claims the
// next batch in the same atomic step, so a message is always exactly one of: waiting in the stream,
// in flight (owned by the token of one pass, for its lease), parked until its retry time, dead, or
// done. The token is drawn here, by the pass; what it owns it may settle, and nothing else, so a
// pass that wakes after its lease can change nothing.
//
// Requests may be repeated: an outcome that was applied already is recognised, and a claim whose
// response was lost is still owned by the token and comes again. At most one turn of a token is
// unresolved, which is what makes that work; more in flight means more lanes, each with a token.
//
// What a pass claims and does not start goes back for nothing when it ends; what it started and did
// not finish is tried again. docs/design.md tells the protocol in full.

import { continueBacklog } from "./continuation.ts";
import { type DrainOptions, resolveDrain } from "./drain-options.ts";
import { StoreError } from "./errors.ts";
import { refuseKind } from "./expect.ts";
import { runLane } from "./lane.ts";
import type { Handler, PreparedHandler } from "./message.ts";
import { createMeter } from "./meter.ts";
import { callLimits, type Pass, type PassQueue, requestsLeft, wakeAll } from "./pass.ts";
import type { AnyQueue, PayloadOf, Queue } from "./queue.ts";
import type { ResolvedQueue } from "./queue-options.ts";
import { repairQueue } from "./repair.ts";
import { createTally, type DrainReport, type Stopped, writeReport } from "./report.ts";

/** Which reason a pass with several lanes gives: the first of these that any lane had. */
const PRECEDENCE: readonly Stopped[] = [
  "store",
  "aborted",
  "deadline",
  "requests",
  "messages",
  "paused",
  "limited",
  "empty",
];

/** Reasons for which another pass would find nothing now. */
const WITHOUT_MORE: readonly Stopped[] = ["empty", "paused", "limited"];

/**
 * Makes one bounded pass: claims messages, runs the handler for each, settles the outcomes.
 *
 * @example
 * const report = await drain(orders, async (message) => ship(message.payload), { maxMessages: 1000 });
 * @returns what the pass did; a store that failed in the middle is told by `stopped: "store"`.
 * @throws OptionError for an option that cannot be used, before any I/O.
 * @throws StoreError when the pass could not run at all; PackageError when a package is missing.
 */
export function drain<Input, Payload>(
  queue: Queue<Input, Payload>,
  handler: Handler<Payload>,
  options?: DrainOptions,
): Promise<DrainReport>;
/**
 * The same over several queues in the order of their priority, one request a turn: each claims what
 * those before it leave, or as `weights` say. `message.queue` tells the handler which one it is.
 *
 * @example
 * const report = await drain([urgent, orders], async (message) => ship(message.payload));
 */
export function drain<const Queues extends readonly AnyQueue[]>(
  queues: Queues,
  handler: Handler<PayloadOf<Queues[number]>>,
  options?: DrainOptions,
): Promise<DrainReport>;
export async function drain(
  given: AnyQueue | readonly AnyQueue[],
  handler: Handler<never>,
  options: DrainOptions = {},
): Promise<DrainReport> {
  const queues = (isList(given) ? given : [given]).map((queue) => {
    const resolved = queue?.resolved;
    if (typeof resolved?.store?.turn === "function") return resolved;
    return refuseKind("queue", "a queue made by createQueue, or several", given);
  });
  if (typeof handler !== "function") refuseKind("handler", "a function", handler);
  const resolved = resolveDrain(queues, options);
  const pass: Pass = {
    id: "",
    queues: queues.map((queue) => {
      const tally = createTally(queue.name);
      return { queue, tally, meter: createMeter(tally, resolved), seen: undefined };
    }),
    store: (queues[0] as ResolvedQueue).store,
    options: resolved,
    handler: handler as Handler<unknown>,
    spent: { turns: 0, requests: 0, polls: 0 },
    running: 0,
    claimsLeft: resolved.maxMessages,
    meanHandlerMs: 0,
    failed: false,
    error: undefined,
    open: 0,
    hasLeft: false,
    openLane: () => {},
    wakers: new Set(),
  };
  await (handler as PreparedHandler<never>).prepare?.();
  const wake = () => wakeAll(pass);
  options.signal?.addEventListener("abort", wake);
  try {
    const stopped = await runLanes(pass);
    for (const queue of pass.queues) await trimLeftovers(pass, queue, stopped);
    return report(pass, stopped, await continueBacklog(pass, stopped));
  } finally {
    options.signal?.removeEventListener("abort", wake);
  }
}

function isList(given: AnyQueue | readonly AnyQueue[]): given is readonly AnyQueue[] {
  return Array.isArray(given);
}

/**
 * Suspects may kill the process, so they are only handed to a lane that is alone. Those found while
 * there were several come when those have ended.
 */
async function runLanes(pass: Pass): Promise<Stopped> {
  for (;;) {
    const { stopped, lanes } = await runTogether(pass);
    if (stopped !== "empty" || lanes === 1) return stopped;
  }
}

/** Begins with one lane; lanes open others while the handlers wait for messages. */
async function runTogether(pass: Pass): Promise<{ stopped: Stopped; lanes: number }> {
  const lanes: Promise<PromiseSettledResult<Stopped>[]>[] = [];
  pass.openLane = () => {
    pass.open += 1;
    lanes.push(Promise.allSettled([runLane(pass)]));
  };
  pass.openLane();
  const ends: PromiseSettledResult<Stopped>[] = [];
  // Only lanes open lanes, so none is added once all of these have ended.
  for (const lane of lanes) ends.push(...(await lane));
  const reasons = ends.map((end) => {
    if (end.status === "rejected") throw end.reason;
    return end.value;
  });
  const stopped = PRECEDENCE.find((reason) => reasons.includes(reason)) ?? "empty";
  return { stopped, lanes: lanes.length };
}

/** Where entries are not deleted on completion, the end of a pass removes what it may. */
async function trimLeftovers(
  pass: Pass,
  { queue, tally, seen }: PassQueue,
  stopped: Stopped,
): Promise<void> {
  const found = seen?.found;
  if (found === undefined || stopped === "store") return;
  tally.orphans = found.orphans;
  const { leftovers, keep, orphans } = found;
  if (leftovers === 0 && !(keep && tally.completed > 0 && orphans === undefined)) return;
  try {
    let more = true;
    while (more && requestsLeft(pass) > 0 && pass.store.now() < pass.options.deadline) {
      const limits = callLimits(pass, true);
      const trimmed = await pass.store.trim(queue.storeQueue, found.groups, limits);
      tally.trimmed += trimmed.removed;
      tally.commands += trimmed.bill.commands;
      more = trimmed.more;
      if (trimmed.orphansIn === undefined) continue;
      const look = { group: trimmed.orphansIn, calls: 10, seen: keep ? "all" : `${leftovers}` };
      const repair = await repairQueue(queue, {}, callLimits(pass, true), look);
      tally.repaired += repair.repaired;
      if (look.group === queue.storeQueue.group) tally.orphans = repair.orphans;
    }
  } catch (error) {
    // Everything is settled; what was not removed now is removed by a later pass.
    if (!(error instanceof StoreError)) throw error;
    pass.error = error;
  }
}

function report(pass: Pass, stopped: Stopped, continued: boolean): DrainReport {
  const { queues, spent, options, error } = pass;
  for (const { queue, tally, seen } of queues) {
    const groups = seen?.found.groups ?? [];
    tally.otherGroups = groups.filter((group) => group !== queue.storeQueue.group);
  }
  const cutShort = ({ seen, tally }: PassQueue) =>
    seen?.found.sweeping === true || tally.pendingLimit;
  return writeReport(
    queues.map(({ tally }) => tally),
    {
      ...spent,
      stopped,
      more: !WITHOUT_MORE.includes(stopped) || (stopped === "empty" && queues.some(cutShort)),
      continued,
      elapsedMs: pass.store.now() - options.startedAt,
      error,
    },
  );
}
