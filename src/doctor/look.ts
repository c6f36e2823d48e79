import { StoreError } from "../errors.ts";
import type { Answer, Store } from "../store.ts";
import type { Unseen } from "./finding.ts";

/** A command that only reads, and what is made of its reply. */
export interface Question<Value> {
  readonly command: readonly string[];
  /** What it tells, in words for people. */
  readonly about: string;
  read(reply: unknown): Value;
}

/** Asks a server that may refuse to answer. */
export interface Look {
  /** Undefined where the key or group does not exist, or where the server refuses to tell. */
  ask<Value>(question: Question<Value>): Promise<Value | undefined>;
  /** The answer as it came; a refusal is noted. */
  answer(command: readonly string[], about: string): Promise<Answer>;
  /** Something is not looked at. */
  leave(what: string, why: string): void;
  /** What the server refused to tell so far. */
  readonly unseen: readonly Unseen[];
}

/** What is asked at the same moment goes in one round trip. */
export function createLook(read: NonNullable<Store["read"]>): Look {
  const unseen: Unseen[] = [];
  let waiting: Waiting[] = [];
  let isLetIn = false;

  async function flush(): Promise<void> {
    const asked = waiting;
    waiting = [];
    try {
      const answers = await read(
        asked.map(({ command }) => command),
        {},
      );
      isLetIn = true;
      for (const [i, { resolve }] of asked.entries()) resolve(answers[i] ?? NO_ANSWER);
    } catch (error) {
      for (const { command, resolve, reject } of asked) {
        if (isLetIn && isForbidden(error)) resolve(forbidden(command));
        else reject(error);
      }
    }
  }

  async function answer(command: readonly string[], about: string): Promise<Answer> {
    const given = await new Promise<Answer>((resolve, reject) => {
      // Not before all who wait for the last answers have asked what follows from them.
      if (waiting.length === 0) setTimeout(flush, 0);
      waiting.push({ command, resolve, reject });
    });
    if (!given.ok && !isMissing(given)) unseen.push({ what: about, why: reasonOf(given.message) });
    return given;
  }

  return {
    unseen,
    answer,
    leave(what, why) {
      unseen.push({ what, why });
    },
    async ask({ command, about, read: readReply }) {
      const given = await answer(command, about);
      if (!given.ok || given.reply === null) return undefined;
      try {
        return readReply(given.reply);
      } catch {
        unseen.push({ what: about, why: `the answer to ${command[0]} is of another form` });
        return undefined;
      }
    },
  };
}

interface Waiting {
  readonly command: readonly string[];
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

const NO_ANSWER: Answer = { ok: false, message: "no answer" };

/** A store tells by an error that all of what was asked is refused. */
function isForbidden(error: unknown): boolean {
  return error instanceof StoreError && error.code === "store_unauthorized";
}

function forbidden([name = ""]: readonly string[]): Answer {
  return { ok: false, message: `NOPERM this token may not run ${name}` };
}

/** The key or group that was asked for does not exist. */
export function isMissing(answer: Answer): boolean {
  return !answer.ok && /no such key|\bNOGROUP\b/i.test(answer.message);
}

function reasonOf(message: string): string {
  return message.split("\n", 1)[0]?.slice(0, 160) ?? "";
}
