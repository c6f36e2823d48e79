import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Handler } from "../message.ts";

/** What a command knows of the world around it. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: Readable & { readonly isTTY?: boolean; readonly fd?: number };
  readonly output: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly errors: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Aborts when the person asks the command to end. */
  readonly signal: AbortSignal;
  /** Called with the handler of a pass before it begins, for one to run in its place. */
  readonly around?: (handler: Handler<unknown>) => Handler<unknown>;
}

/** Whoever read what we print has gone: there is nothing left to do, and nothing to say. */
export class HangUp extends Error {
  override readonly name = "HangUp";

  constructor() {
    super("Nobody reads any more what is printed.");
  }
}

/** Writes, and waits while the reader is slow. @throws HangUp where nobody reads any more. */
export async function write(stream: Writable, text: string): Promise<void> {
  if (stream.destroyed || stream.errored !== null) throw new HangUp();
  if (stream.write(text)) return;
  try {
    await once(stream, "drain");
  } catch {
    throw new HangUp();
  }
}

/** How wide lines may be; undefined where what is printed goes to a file or another program. */
export function widthOf(stream: Terminal["output"]): number | undefined {
  return stream.isTTY === true ? (stream.columns ?? 80) : undefined;
}
