import type { Handler, PreparedHandler } from "../../message.ts";

/** How a pass ends when it is told to. */
export interface Finishing {
  /** Makes the handler one that `end` knows of. */
  around(handler: Handler<unknown>): Handler<unknown>;
  /**
   * Begins no other message, and lets those that run finish for a while. Then, or at once if none
   * runs, it aborts the signal, which gives back the rest.
   */
  end(): void;
  /** Aborts when the pass has to end. */
  readonly signal: AbortSignal;
}

/** Many messages are told of together. */
const TELL_MS = 250;

/**
 * @param options `forMs`: how long messages may go on; `onWait`: called with their number if there are any;
 * `onNothing`: called in place of all that while there is no handler yet; `onHandled`: called a moment
 * after handlers returned, with their number
 */
export function createFinishing(options: {
  readonly forMs: number;
  readonly onWait: (running: number) => void;
  readonly onNothing: () => void;
  readonly onHandled: (count: number) => void;
}): Finishing {
  const aborting = new AbortController();
  let begun = false;
  let ending = false;
  let running = 0;
  let handled = 0;

  function count(): void {
    handled += 1;
    if (handled > 1) return;
    setTimeout(() => {
      options.onHandled(handled);
      handled = 0;
    }, TELL_MS).unref();
  }

  return {
    signal: aborting.signal,
    around(handler) {
      begun = true;
      const { prepare } = handler as PreparedHandler<unknown>;
      const wrapped: Handler<unknown> = async (message, context) => {
        // The pass gives it back when it ends; until then nobody waits for it.
        if (ending) return new Promise(() => {});
        running += 1;
        try {
          const result = await handler(message, context);
          count();
          return result;
        } finally {
          running -= 1;
          if (ending && running === 0) aborting.abort();
        }
      };
      return prepare === undefined ? wrapped : Object.assign(wrapped, { prepare });
    },
    end() {
      ending = true;
      if (!begun) return options.onNothing();
      if (running === 0) return aborting.abort();
      options.onWait(running);
      setTimeout(() => aborting.abort(), options.forMs).unref();
    },
  };
}
