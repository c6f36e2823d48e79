import { InterruptError } from "./errors.ts";
import type { Held } from "./hand.ts";

/** Handlers that asked whether their message is still theirs; the next turn tells them. */
export interface Extensions {
  ask(held: Held): Promise<void>;
  readonly waiting: boolean;
  /** Those that a turn is about to tell; later ones wait for the turn after it. */
  take(): Asked;
}

export interface Asked {
  /** The turn is over: what was lost has been dropped, and its handler aborted. */
  tell(): void;
  fail(reason: unknown): void;
}

interface Question {
  readonly held: Held;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

export function createExtensions(wake: () => void): Extensions {
  let questions: Question[] = [];
  return {
    ask: (held) =>
      new Promise((resolve, reject) => {
        const { signal } = held.controller;
        if (held.state !== "running" || signal.aborted) {
          return reject(signal.reason ?? leaseLost(held.id));
        }
        questions.push({ held, resolve, reject });
        wake();
      }),

    get waiting() {
      return questions.length > 0;
    },

    take() {
      const asked = questions;
      questions = [];
      return {
        tell() {
          for (const { held, resolve, reject } of asked) {
            const { signal } = held.controller;
            if (signal.aborted) reject(signal.reason);
            else resolve();
          }
        },
        fail(reason) {
          for (const { reject } of asked) reject(reason);
        },
      };
    },
  };
}

export function leaseLost(id: string): InterruptError {
  return new InterruptError("lease_lost", `Another pass may have message ${id} by now.`);
}
