/** What a handler does with a message, whenever it gets it. */
export interface Plan {
  /** How long it works; 0 ends without waiting. */
  readonly ms: number;
  /** How often it refuses before it succeeds. */
  readonly failures: number;
  readonly rejects: boolean;
}

/** One message of a world: what was asked of it, and what has become of it. */
export interface Sent {
  readonly number: number;
  readonly key: string | undefined;
  readonly plan: Plan;
  /** While the server has stored it. */
  id: string | undefined;
  /** The id that its producer knows: the same, but for one that was delayed. */
  sentId: string | undefined;
  /** Where that id is among all of the stream's; undefined while it is delayed. */
  position: number | undefined;
  /** The producer was told so. */
  confirmed: boolean;
  /** How often a handler did the work, and how often one refused it. */
  works: number;
  refusals: number;
  /** The highest delivery that a handler was started with. */
  lastDelivery: number;
  /** By the fence of a delivery as a suspect: those that came together have the same. */
  readonly suspects: Map<string, symbol>;
  /** Gone from every list, after its work was done. */
  done: boolean;
  /** Taken back before it was due. */
  cancelled: boolean;
  /** Not stored, since another message has its key. */
  duplicate: boolean;
  /** Sent inside the window that a failover lost. */
  lostInWindow: boolean;
}

export class Violation extends Error {
  override readonly name = "Violation";
}

/** What is known from outside of the queue: what was sent, worked on, refused and completed. */
export interface Ledger {
  readonly messages: readonly Sent[];
  plan(key: string | undefined, plan: Plan): Sent;
  byId(id: string): Sent | undefined;
  at(number: number): Sent;
  /** Says whether that is new. */
  stored(number: number, id: string): boolean;
  /** It was delayed, and is an entry of the stream now. */
  moved(message: Sent, entryId: string): void;
  /** Its producer was told that it took it back in time. */
  cancelled(message: Sent): void;
  /** Messages with this key, as far as they were sent. */
  sharing(key: string): readonly Sent[];
  /** Until when completed work of a key must not be repeated, by the server's clock. */
  readonly doneUntil: Map<string, number>;
  /** What a replica knows of it now; `restore` goes back to that. */
  remember(): () => void;
  /** What has to be looked at: stored, and not known to be over. */
  readonly open: Set<Sent>;
}

export function createLedger(): Ledger {
  const messages: Sent[] = [];
  const ids = new Map<string, Sent>();
  const keys = new Map<string, Sent[]>();
  const open = new Set<Sent>();
  const doneUntil = new Map<string, number>();

  function place(message: Sent, id: string): void {
    message.id = id;
    message.position = id.startsWith("d") ? undefined : positionOf(id);
    ids.set(id, message);
  }

  return {
    messages,
    open,
    doneUntil,
    byId: (id) => ids.get(id),
    at: (number) => messages[number] as Sent,
    sharing: (key) => keys.get(key) ?? [],

    plan(key, plan) {
      const message: Sent = {
        number: messages.length,
        key,
        plan,
        id: undefined,
        sentId: undefined,
        position: undefined,
        confirmed: false,
        works: 0,
        refusals: 0,
        lastDelivery: 0,
        suspects: new Map(),
        done: false,
        cancelled: false,
        duplicate: false,
        lostInWindow: false,
      };
      messages.push(message);
      if (key !== undefined) keys.set(key, [...(keys.get(key) ?? []), message]);
      return message;
    },

    stored(number, id) {
      const message = messages[number] as Sent;
      if (message.sentId === id) return false;
      if (message.id !== undefined) throw new Violation(`message ${number} is stored twice`);
      message.sentId = id;
      place(message, id);
      message.done = false;
      message.lostInWindow = false;
      open.add(message);
      return true;
    },

    moved: place,

    cancelled(message) {
      message.cancelled = true;
      open.delete(message);
    },

    remember() {
      const before = messages.map(({ id, cancelled }) => ({ id, cancelled }));
      const done = new Map(doneUntil);
      return () => {
        doneUntil.clear();
        for (const [key, until] of done) doneUntil.set(key, until);
        for (const message of messages) {
          const { id, cancelled } = before[message.number] ?? { id: undefined, cancelled: false };
          message.done = false;
          if (message.id !== undefined && id !== message.id) ids.delete(message.id);
          if (id === undefined && message.id !== undefined) message.lostInWindow = true;
          message.cancelled = cancelled;
          if (id === undefined) {
            message.id = undefined;
            message.sentId = undefined;
            open.delete(message);
          } else {
            place(message, id);
            if (cancelled) open.delete(message);
            else open.add(message);
          }
        }
      };
    },
  };
}

/** Entry ids as numbers in the same order; worlds are far too small for a sequence beyond 4,096, but for that of a time. */
export function positionOf(id: string): number {
  const [ms = 0, sequence = 0] = id.split("-").map(Number);
  return ms * 4_096 + Math.min(sequence, 4_095);
}
