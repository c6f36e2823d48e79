/** One line that changes on a terminal; on anything else a plain line now and then. */
export interface Progress {
  /** Clears the changing line; calling it again does nothing. */
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
  let shown = false;
  let stopped = false;
  const show = () => {
    const text = describe();
    shown = true;
    output.write(changing ? CLEAR + text.slice(0, (output.columns ?? 80) - 1) : `${text}\n`);
  };
  const timer = setInterval(show, changing ? TTY_MS : PLAIN_MS);
  const clear = () => {
    if (changing) output.write(CLEAR);
    else if (shown) output.write("\n");
  };
  return {
    stop() {
      clearInterval(timer);
      if (stopped) return;
      stopped = true;
      clear();
    },
  };
}
