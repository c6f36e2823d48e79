import { redact } from "./redact.ts";

/** What a log says of an error. The cause stays out: nobody knows what it holds. */
export interface ErrorText {
  /** The error's name; "unknown" where no error was thrown. */
  readonly type: string;
  /** A stable code, where the error has one. */
  readonly code?: string;
  readonly text?: string;
  readonly stack?: string;
}

export interface TextSettings {
  readonly texts: boolean;
  readonly stacks: boolean;
}

const MAX_TEXT = 1_000;
const MAX_STACK = 4_000;
/** Longer than what is shown: what is cut off must not begin in the middle of a secret. */
const MAX_READ = 10_000;

/** Whatever was thrown, even what throws when it is looked at. */
export function errorText(thrown: unknown, { texts, stacks }: TextSettings): ErrorText {
  try {
    if (!(thrown instanceof Error)) {
      return { type: "unknown", ...(texts ? { text: shown(String(thrown), MAX_TEXT) } : {}) };
    }
    const { code } = thrown as { readonly code?: unknown };
    return {
      type: String(thrown.name).slice(0, 100),
      ...(typeof code === "string" && /^\w{1,64}$/.test(code) ? { code } : {}),
      ...(texts ? { text: shown(String(thrown.message), MAX_TEXT) } : {}),
      ...(stacks && thrown.stack !== undefined ? { stack: shown(thrown.stack, MAX_STACK) } : {}),
    };
  } catch {
    return { type: "unknown" };
  }
}

function shown(text: string, max: number): string {
  return redact(text.slice(0, MAX_READ)).slice(0, max);
}
