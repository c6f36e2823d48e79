import { type Random, untilNext } from "./random.ts";

/** Something that is killed again and again. */
export interface Victims {
  readonly name: string;
  readonly everyMs: number;
  /** Tells whether somebody was there to be killed. */
  readonly kill: () => boolean | Promise<boolean>;
}

export interface Killing {
  readonly kills: Readonly<Record<string, number>>;
  /** Lets nobody be killed any more; resolves when the last one is back. */
  stop(): Promise<void>;
  /** The same, without waiting: all of them are going to be ended. */
  abandon(): void;
}

/** Kills each kind by a schedule of its own: at random, `everyMs` on average. */
export function startKilling(victims: readonly Victims[], random: Random): Killing {
  const kills = Object.fromEntries(victims.map(({ name }) => [name, 0]));
  const controller = new AbortController();
  const { signal } = controller;

  async function haunt({ name, everyMs, kill }: Victims): Promise<void> {
    for (;;) {
      await pause(untilNext(random, everyMs), signal);
      if (signal.aborted) return;
      if (await kill()) kills[name] = (kills[name] ?? 0) + 1;
    }
  }

  const haunting = Promise.all(victims.map(haunt));
  return {
    kills,
    async stop() {
      controller.abort();
      await haunting;
    },
    abandon: () => controller.abort(),
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
