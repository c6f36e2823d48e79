import { redact } from "./redact.ts";

/** What a log says of an error. */
export interface ErrorText {
  /** The error's name; "unknown" where no error was thrown. */
  readonly type: string;
  /** A stable code, where the error has one. */
  readonly code?: string;
  readonly text?: string;
  readonly stack?: string;
  /** What caused it, and what caused that: names and codes alone, for nobody knows what their texts hold. */
  readonly causes?: readonly Pick<ErrorText, "type" | "code">[];
}

export interface TextSettings {
  readonly texts: boolean;
  readonly stacks: boolean;
}

const MAX_TEXT = 1_000;
const MAX_STACK = 4_000;
/** Longer than what is shown: what is cut off must not begin in the middle of a secret. */
const MAX_READ = 10_000;
const MAX_CAUSES = 5;

/** Whatever was thrown, even what throws when it is looked at. */
export function errorText(thrown: unknown, { texts, stacks }: TextSettings): ErrorText {
  try {
    if (!(thrown instanceof Error)) {
      return { type: "unknown", ...(texts ? { text: shown(String(thrown), MAX_TEXT) } : {}) };
    }
    const causes = causesOf(thrown);
    return {
      ...kindOf(thrown),
      ...(texts ? { text: shown(String(thrown.message), MAX_TEXT) } : {}),
      ...(stacks && thrown.stack !== undefined ? { stack: shown(thrown.stack, MAX_STACK) } : {}),
      ...(causes.length > 0 ? { causes } : {}),
    };
  } catch {
    return { type: "unknown" };
  }
}

function kindOf(error: Error): Pick<ErrorText, "type" | "code"> {
  const { code } = error as { readonly code?: unknown };
  return {
    type: String(error.name).slice(0, 100),
    ...(typeof code === "string" && /^\w{1,64}$/.test(code) ? { code } : {}),
  };
}

/** Of an AggregateError, which has several causes, the first; a circle ends with what can be shown. */
function causesOf(error: Error): readonly Pick<ErrorText, "type" | "code">[] {
  const causes = [];
  for (let next = causeOf(error); next instanceof Error; next = causeOf(next)) {
    if (causes.length === MAX_CAUSES) break;
    causes.push(kindOf(next));
  }
  return causes;
}

function causeOf(error: Error): unknown {
  const { errors } = error as { readonly errors?: unknown };
  return error.cause ?? (Array.isArray(errors) ? errors[0] : undefined);
}

function shown(text: string, max: number): string {
  return redact(text.slice(0, MAX_READ)).slice(0, max);
}
