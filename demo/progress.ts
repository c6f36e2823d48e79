/** One line that changes on a terminal; on anything else a plain line now and then. */
export interface Progress {
  /** Ends the changing line and says something that stays. */
  say(text: string): void;
  stop(): void;
}

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const TTY_MS = 100;
const PLAIN_MS = 5_000;
const CLEAR = "\r\u001b[K";

/** Shows what `describe` says, again and again, until it is stopped. */
export function showProgress(output: Output, describe: () => string): Progress {
  const changing = output.isTTY === true;
  const show = () => {
    const text = describe();
    if (text === "") return;
    output.write(changing ? CLEAR + text.slice(0, (output.columns ?? 80) - 1) : `${text}\n`);
  };
  const timer = setInterval(show, changing ? TTY_MS : PLAIN_MS);
  const clear = () => {
    if (changing) output.write(CLEAR);
  };
  return {
    say(text) {
      clear();
      output.write(`${text}\n`);
    },
    stop() {
      clearInterval(timer);
      clear();
    },
  };
}
