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
  /** Its place among all that were ever stored. */
  ordinal: number;
  /** The producer was told so. */
  confirmed: boolean;
  /** How often a handler did the work, and how often one refused it. */
  works: number;
  refusals: number;
  /** The highest delivery that a handler was started with. */
  lastDelivery: number;
  /** Gone from every list, after its work was done. */
  done: boolean;
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
  let ordinal = 0;

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
        ordinal: 0,
        confirmed: false,
        works: 0,
        refusals: 0,
        lastDelivery: 0,
        done: false,
        lostInWindow: false,
      };
      messages.push(message);
      if (key !== undefined) keys.set(key, [...(keys.get(key) ?? []), message]);
      return message;
    },

    stored(number, id) {
      const message = messages[number] as Sent;
      if (message.id === id) return false;
      if (message.id !== undefined) throw new Violation(`message ${number} is stored twice`);
      message.id = id;
      ordinal += 1;
      message.ordinal = ordinal;
      message.done = false;
      message.lostInWindow = false;
      ids.set(id, message);
      open.add(message);
      return true;
    },

    remember() {
      const stored = messages.map(({ id }) => id);
      const done = new Map(doneUntil);
      return () => {
        doneUntil.clear();
        for (const [key, until] of done) doneUntil.set(key, until);
        for (const message of messages) {
          message.done = false;
          if (message.id === undefined) continue;
          if (stored[message.number] === message.id) {
            open.add(message);
            continue;
          }
          ids.delete(message.id);
          open.delete(message);
          message.id = undefined;
          message.lostInWindow = true;
        }
      };
    },
  };
}
