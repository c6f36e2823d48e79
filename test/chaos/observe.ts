import {
  type DrainReport,
  type Handler,
  type Message,
  Reject,
  type Store,
  StoreError,
} from "../../src/index.ts";
import { OUTCOMES } from "../../src/statistics.ts";
import { fateOf, keyOf, type Payload, workMs } from "./plan.ts";

/** Writes lines to the ledger; they are safe when it has returned. */
export type Write = (line: string) => void | Promise<void>;

/** A function under observation: what it claims, works on and settles goes into a ledger. */
export interface Observed {
  readonly store: Store;
  readonly handler: Handler<Payload>;
  /** The end of a pass, with its report, or with the error of one that could not run. */
  passEnded(report: DrainReport | StoreError): void | Promise<void>;
}

/**
 * The ledger is lines of words; ledger.ts reads them.
 *
 *     s n id delivery asked at   a handler run starts; the claim was asked for at `asked`
 *     d id                       it succeeded
 *     f id                       it failed, as planned
 *     a id                       it was ended by the pass: out of time, or its lease lost
 *     c at id/delivery …         confirmed: the store answered that these are completed
 *     l id …                     this pass had lost these when it wanted to complete them
 *     u id …                     nobody knows whether these were completed
 *     e json                     a pass is over
 */
export function observe(inner: Store, write: Write): Observed {
  const askedAt = new Map<string, number>();
  /** The ids of delayed messages by those of their entries: senders and handlers know only the former. */
  const delayedIds = new Map<string, string>();
  const shown = (id: string) => delayedIds.get(id) ?? id;

  const store: Store = {
    ...inner,
    async turn(queue, request, limits) {
      const asked = Date.now();
      const ids = request.complete.map(({ id }) => id);
      try {
        const reply = await inner.turn(queue, request, limits);
        const lost = new Set(reply.lost);
        const uncertain = new Set(reply.uncertain);
        const confirmed = request.complete.filter(({ id }) => !lost.has(id) && !uncertain.has(id));
        const lines = [
          line(
            `c ${Date.now()}`,
            confirmed.map(({ id, delivery }) => `${shown(id)}/${delivery}`),
          ),
          line("l", ids.filter((id) => lost.has(id)).map(shown)),
          line("u", ids.filter((id) => uncertain.has(id)).map(shown)),
        ].join("");
        if (lines !== "") await write(lines);
        for (const { id, fields } of reply.messages) {
          const [first, known = id] = fields;
          if (first === "xd:id") delayedIds.set(id, known);
          askedAt.set(shown(id), asked);
        }
        return reply;
      } catch (error) {
        if (ids.length > 0) await write(line("u", ids.map(shown)));
        throw error;
      }
    },
  };

  async function handler(message: Message<Payload>, { signal }: { signal: AbortSignal }) {
    const { id, payload, deliveries, failures, idempotencyKey } = message;
    const { n } = payload;
    const asked = askedAt.get(id) ?? 0;
    askedAt.delete(id);
    await write(`s ${n} ${id} ${deliveries} ${asked} ${Date.now()}\n`);
    if (idempotencyKey !== keyOf(n)) throw new Error(`Message ${n} has the key of another.`);
    const fate = fateOf(n);
    if (workMs(n) > 0) await inner.sleep(workMs(n), signal);
    if (signal.aborted) {
      await write(`a ${id}\n`);
      throw signal.reason;
    }
    if (fate === "works" || (fate === "fails once" && failures > 0)) {
      await write(`d ${id}\n`);
      return;
    }
    await write(`f ${id}\n`);
    if (fate === "is rejected") throw new Reject("It is rejected, as planned.");
    throw new Error("It fails, as planned.");
  }

  return {
    store,
    handler,
    passEnded: (report) => write(`e ${JSON.stringify(briefly(report))}\n`),
  };
}

function line(head: string, ids: readonly string[]): string {
  return ids.length === 0 ? "" : `${head} ${ids.join(" ")}\n`;
}

/** What the checker adds up of a pass. */
export interface PassEnd {
  readonly stopped: string;
  readonly counts: Readonly<Record<string, number>>;
}

const COUNTED = [...OUTCOMES, "repaired"] as const;

function briefly(report: DrainReport | StoreError): PassEnd {
  if (report instanceof StoreError) return { stopped: report.code, counts: {} };
  const counts = COUNTED.map((name) => [name, report[name]] as const).filter(([, n]) => n > 0);
  return { stopped: report.stopped, counts: Object.fromEntries(counts) };
}
