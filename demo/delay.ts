import type { Inbox } from "../functions/inbox/queue.ts";
import type { Plan } from "./deliveries.ts";
import type { Rest } from "./rest.ts";
import { wait } from "./wait.ts";

/** What came of the deliveries that were sent to be handled later. */
export interface Delays {
  /** How many waited outside of the stream when all had been sent. */
  readonly waited: number;
  /** Whether one could be cancelled before it was due. */
  readonly cancelled: boolean;
  /** By delivery: how long after its time it was done, in milliseconds; below zero where it came early. */
  readonly lateness: ReadonlyMap<string, number>;
}

export interface Watching {
  /** Up to date at any time. */
  readonly delays: Delays;
  /** Whether all were seen. */
  isOver(): boolean;
  stop(): void;
}

/** The first is due so soon, by the server's clock, and each of the others a little later. */
const SPREAD = { firstMs: 1_000, apartMs: 150 };
const PAUSE_MS = 25;

/** Sends deliveries for later, cancels one of them, and watches when the others are done. */
export async function watchDelays(
  inbox: Inbox,
  plan: Pick<Plan, "cancelled"> & { readonly ways: Pick<Plan["ways"], "delayed"> },
  rest: Pick<Rest, "command">,
  { firstMs, apartMs } = SPREAD,
): Promise<Watching> {
  const { ordinary } = inbox;
  const start = await serverTime(rest);
  const dueAt = new Map(
    plan.ways.delayed.map(({ delivery }, i) => [delivery, start + firstMs + i * apartMs]),
  );
  const doomed = await ordinary.send(plan.cancelled, {
    idempotencyKey: plan.cancelled.delivery,
    deliverAt: new Date(start + firstMs),
  });
  await ordinary.sendBatch(
    plan.ways.delayed.map((payload) => ({
      payload,
      idempotencyKey: payload.delivery,
      deliverAt: new Date(dueAt.get(payload.delivery) ?? 0),
    })),
  );
  const cancelled = await ordinary.cancel(doomed.id);
  const { delayed: waited } = await ordinary.depth();
  const lateness = new Map<string, number>();
  let stopped = false;

  async function watch(): Promise<void> {
    while (!stopped && lateness.size < dueAt.size) {
      // A look that fails is made up for by the next.
      await lookOnce().catch(() => {});
      await wait(PAUSE_MS);
    }
  }

  /** The time is read last: what is early by it was early. */
  async function lookOnce(): Promise<void> {
    const left = [...dueAt].filter(([delivery]) => !lateness.has(delivery));
    const results = await Promise.all(left.map(([delivery]) => ordinary.result(delivery)));
    const now = await serverTime(rest);
    for (const [i, [delivery, due]] of left.entries()) {
      if (results[i] !== undefined) lateness.set(delivery, now - due);
    }
  }

  void watch();
  return {
    delays: { waited, cancelled, lateness },
    isOver: () => lateness.size === dueAt.size,
    stop: () => {
      stopped = true;
    },
  };
}

async function serverTime(rest: Pick<Rest, "command">): Promise<number> {
  const [seconds, micros] = (await rest.command("TIME")) as [string, string];
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}
