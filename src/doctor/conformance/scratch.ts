import { StoreError } from "../../errors.ts";
import { randomId } from "../../random-id.ts";
import { createRedisStore } from "../../redis/store.ts";
import type { Transport } from "../../redis/transport.ts";
import type { Answer, Store } from "../../store.ts";

/** A request that gets no answer: it never arrives, or it is carried out all the same. */
export type Loss = "request" | "response";

/** A corner of a real server: what is made there is known, and goes when it is closed. */
export interface Scratch {
  /** A name that nobody else uses; every key of the scratch holds it. */
  readonly name: string;
  readonly store: Store;
  /** The next requests of the store get lost, each in its way. */
  lose(...losses: readonly Loss[]): void;
  /** A command by itself, as another program would send it. @throws where the server refuses it */
  call(...command: readonly string[]): Promise<unknown>;
  /** The same; a refusal is an answer. */
  try(...command: readonly string[]): Promise<Answer>;
  /** Removes every key that was made. */
  close(): Promise<void>;
}

/** What a process that dies leaves behind goes by itself, after so many seconds. */
const LEFT_S = "120";
/** Keys of these kinds expire without that. */
const EXPIRING = /:(?:keys|ids|starts|passes|kicked|crashes|results|sent:\w+)$/;
/** Keys of these kinds go when they are empty, and come again without a time to live. */
const COMING_AGAIN = /:(?:parked|delayed|bodies)$/;
const SLICE = 100;

/** Opens a scratch on the server of a store. */
export function openScratch(store: Store, read: NonNullable<Store["read"]>): Scratch {
  const name = `xdrain-doctor-${randomId(() => store.random())}`;
  const keys = new Set<string>();
  const unguarded = new Set<string>();
  let losses: Loss[] = [];

  function note(command: readonly string[]): void {
    for (const key of keysOf(command)) {
      if (!key.includes(name) || keys.has(key)) continue;
      keys.add(key);
      if (!EXPIRING.test(key)) unguarded.add(key);
    }
  }

  async function carry(command: readonly string[]): Promise<Answer> {
    note(command);
    const guarded = [...unguarded];
    const guards = guarded.map((key) => ["EXPIRE", key, LEFT_S, "NX"]);
    const [answer, ...expiries] = await read([command, ...guards], {}).catch(asAnswers);
    for (const [i, expiry] of expiries.entries()) {
      const key = guarded[i];
      const isGuarded = expiry.ok && expiry.reply === 1;
      if (key !== undefined && isGuarded && !COMING_AGAIN.test(key)) unguarded.delete(key);
    }
    if (answer === undefined) throw new Error("Redis gave no answer.");
    return answer;
  }

  const transport: Transport = {
    async command(command) {
      if (losses[0] === "request") {
        losses = losses.slice(1);
        throw new TypeError("The request was lost, as was asked for.");
      }
      const answer = await carry(command);
      // A script that the server does not know yet did nothing: that answer is not worth losing.
      if (!answer.ok || losses.length === 0) return answer;
      losses = losses.slice(1);
      throw new TypeError("The response was lost, as was asked for.");
    },
  };
  const clock = {
    now: () => store.now(),
    random: () => store.random(),
    sleep: (ms: number, signal?: AbortSignal) => store.sleep(ms, signal),
  };

  return {
    name,
    // It tries the flags that some servers take, and goes on without where they are refused.
    store: createRedisStore(transport, { clock, upstash: true }),
    lose(...next) {
      losses = [...next];
    },
    async call(...command) {
      const answer = await carry(command);
      if (!answer.ok) throw new Error(`Redis refused ${command[0]}: ${answer.message}`);
      return answer.reply;
    },
    try: (...command) => carry(command),
    async close() {
      const made = [...keys];
      for (let i = 0; i < made.length; i += SLICE) {
        await read([["DEL", ...made.slice(i, i + SLICE)], ["PING"]], {});
      }
    },
  };
}

/** A store tells by an error that all of what was asked is refused. */
function asAnswers(error: unknown): readonly Answer[] {
  if (error instanceof StoreError && !error.uncertain) {
    return [{ ok: false, message: error.message }];
  }
  throw error;
}

/** The keys that a command names: those of a script, or the one behind its name. */
function keysOf([name = "", ...args]: readonly string[]): readonly string[] {
  if (name.startsWith("EVAL")) return args.slice(2, 2 + Number(args[1]));
  if (name === "XGROUP" || name === "XINFO") return args.slice(1, 2);
  if (name === "XREADGROUP") return args.slice(args.indexOf("STREAMS") + 1);
  return args.slice(0, 1);
}
