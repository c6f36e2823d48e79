import { PassThrough } from "node:stream";
import type { Terminal } from "../../../src/cli/terminal.ts";
import { type Env, overTcp } from "./run.ts";

/** A person at a terminal: what they see, and the keys that they press. */
export interface FakeTerminal extends Terminal {
  readonly input: Terminal["input"] & PassThrough;
  /** All that stdout and stderr got. */
  seen(): string;
  /** Resolves once it matches. */
  shown(pattern: RegExp): Promise<void>;
  /** Whether single keys are read, each time that this changed. */
  readonly rawModes: readonly boolean[];
  interrupt(): void;
}

export function fakeTerminal(
  options: { readonly env?: Env; readonly columns?: number; readonly isTTY?: boolean } = {},
): FakeTerminal {
  const { env = overTcp(), columns = 80, isTTY = true } = options;
  const aborting = new AbortController();
  const rawModes: boolean[] = [];
  let text = "";
  const stream = () =>
    Object.assign(new PassThrough(), { isTTY, columns, rows: 40 }).on("data", (chunk) => {
      text += String(chunk);
    });
  const [output, errors] = [stream(), stream()];
  return {
    env,
    input: Object.assign(new PassThrough(), {
      isTTY,
      setRawMode: (raw: boolean) => void rawModes.push(raw),
    }),
    output,
    errors,
    signal: aborting.signal,
    seen: () => text,
    rawModes,
    interrupt: () => aborting.abort(),
    shown: (pattern) =>
      new Promise((resolve) => {
        const look = () => {
          if (pattern.test(text)) resolve();
        };
        output.on("data", look);
        errors.on("data", look);
        look();
      }),
  };
}
