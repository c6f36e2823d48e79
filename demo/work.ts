import type { Inbox } from "../functions/inbox/queue.ts";
import type { Cleanup } from "./cleanup.ts";
import { type Delays, watchDelays } from "./delay.ts";
import type { Plan } from "./deliveries.ts";
import { type Kicked, showKick } from "./kick.ts";
import { depthOf } from "./look.ts";
import { showPriority } from "./priority.ts";
import { showProgress } from "./progress.ts";
import { addUp, NOTHING } from "./reports.ts";
import type { WebhookRequest } from "./requests.ts";
import type { Rest } from "./rest.ts";
import { type Answers, addAnswers, sendAll } from "./send.ts";
import type { Functions } from "./start.ts";
import { progressLine } from "./table.ts";
import { type ByRuntime, startTicking } from "./tick.ts";

/** What is worked with. */
export interface Stage {
  readonly functions: Functions;
  readonly inbox: Inbox;
  readonly plan: Plan;
  readonly rest: Rest;
  readonly deadline: number;
  readonly cleanup: Cleanup;
}

/** What came of it. */
export interface Worked {
  readonly answers: Answers;
  readonly kicked: Kicked;
  readonly overtaken: number;
  readonly delays: Delays;
  readonly done: ByRuntime;
}

/** A kick while nothing ticks, urgent webhooks behind ordinary ones, and then everything at once. */
export async function showWork(stage: Stage): Promise<Worked> {
  const { functions, inbox, plan, rest, deadline } = stage;
  const { http, runtimes } = functions;
  const kicked = await showKick(inbox, plan, http);
  const send = (requests: readonly WebhookRequest[], onAnswer = () => {}) =>
    sendAll(requests, http.webhooks, onAnswer);
  const early = addAnswers(await send(plan.waiting), await send(plan.urgent));
  const { stillWaiting, done } = await showPriority(runtimes, inbox, deadline);
  const before = new Map(done).set(http, addUp([done.get(http) ?? NOTHING, ...kicked.passes]));
  const watching = await watchDelays(inbox, plan, rest);
  stage.cleanup.add(() => watching.stop());
  const last = await workAll(stage, { before, send, isOver: watching.isOver });
  watching.stop();
  return {
    answers: addAnswers(early, last.answers),
    kicked,
    overtaken: stillWaiting,
    delays: watching.delays,
    done: last.done,
  };
}

/** Sends the rest while the functions drain; ends when nothing waits any more. */
async function workAll(
  { functions, inbox, plan, deadline, cleanup }: Stage,
  {
    before,
    send,
    isOver,
  }: {
    readonly before: ByRuntime;
    readonly send: (requests: readonly WebhookRequest[], onAnswer: () => void) => Promise<Answers>;
    readonly isOver: () => boolean;
  },
) {
  let sent = plan.waiting.length + plan.urgent.length;
  let sending = true;
  const ticking = startTicking(functions.runtimes, {
    deadline,
    before,
    settled: async () => !sending && isOver() && (await isEmpty(inbox)),
  });
  const progress = showProgress(process.stdout, () =>
    progressLine({ sent, of: plan.requests.length }, ticking.done),
  );
  cleanup.add(() => progress.stop());
  const answers = await Promise.race([
    send(plan.rest, () => {
      sent += 1;
    }),
    // A function that dies ends the demo at once, and not when all sending has failed.
    ticking.finished.then((): never => {
      throw new Error("The time was over before all webhooks were sent.");
    }),
  ]);
  sending = false;
  await ticking.finished;
  progress.stop();
  return { answers, done: ticking.done };
}

async function isEmpty(inbox: Inbox): Promise<boolean> {
  const { entries, inFlight, parked, delayed } = await depthOf(inbox);
  return entries + inFlight + parked + delayed === 0;
}
