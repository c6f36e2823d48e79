import { OptionError, PayloadError, SendError, StoreError, XdrainError } from "../errors.ts";
import { ScheduleError } from "../eventbridge/errors.ts";
import { GatewayError } from "../gateway/errors.ts";

/** 0: done. 1: it failed. 2: it was called wrongly, and nothing was done. */
export type ExitCode = 0 | 1 | 2;

/** The command line itself cannot be used. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command could not do what it was asked to; the text says what was done all the same. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  /** For `--json`: what else a program wants to know. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, details: CommandError["details"] = {}, cause?: unknown) {
    super(message, { cause });
    this.details = details;
  }
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof OptionError) return 2;
  if (error instanceof PayloadError) return 2;
  if (error instanceof GatewayError) return error.code.startsWith("bad_") ? 2 : 1;
  return 1;
}

/** What a program is told on stderr with `--json`. */
export function errorJson(error: unknown, message: string): Record<string, unknown> {
  const details = error instanceof CommandError ? error.details : {};
  const reason = error instanceof CommandError ? error.cause : error;
  const uncertain = reason instanceof SendError ? { uncertain: reason.uncertain } : {};
  return { error: { code: codeOf(reason ?? error), message, ...uncertain, ...details } };
}

function codeOf(error: unknown): string {
  if (error instanceof UsageError) return "wrong_usage";
  if (error instanceof XdrainError) return error.code;
  if (error instanceof GatewayError) return error.code;
  return "failed";
}

/** The error in one line, in the words of the command line, and without secrets. */
export function errorLine(
  error: unknown,
  known: { readonly flags: readonly string[]; readonly secrets: readonly string[] },
): string {
  return oneLine(redact(inFlags(explained(error), known.flags), known.secrets));
}

/**
 * What an error says, and where a service failed what lay beneath: a refused connection, a certificate,
 * missing credentials.
 */
export function explained(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const chain = [...causesOf(error)];
  const service = chain.findIndex(
    (some) => some instanceof StoreError || some instanceof ScheduleError,
  );
  const root = chain.at(-1);
  if (service === -1 || service === chain.length - 1 || root === undefined) return text;
  const { code = "" } = root as { readonly code?: string };
  // Those of TLS speak of the library's own files.
  const reason = code.startsWith("ERR_SSL") || root.message === "" ? code : root.message;
  return reason === "" ? text : `${text} The cause: ${reason}`;
}

/** An error, what caused it, and so on. */
function* causesOf(error: unknown): Generator<Error> {
  for (let some = error; some instanceof Error; some = some.cause) yield some;
}

/** The library names options as code does: here they are flags. */
function inFlags(text: string, flags: readonly string[]): string {
  return text.replace(/`([a-z][A-Za-z]*)`/g, (quoted, option: string) =>
    flags.includes(kebab(option)) ? `--${kebab(option)}` : quoted,
  );
}

function kebab(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A shorter one would take half of the text along, and hides nothing. */
const SHORTEST_SECRET = 4;

/** Takes out what must not be seen: the known secrets, and logins in URLs. */
function redact(text: string, secrets: readonly string[]): string {
  const found = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  const known = found.reduce((rest, secret) => rest.replaceAll(secret, "***"), text);
  return known.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, "$1***@");
}

function oneLine(text: string): string {
  // Text of others may hold what a terminal obeys.
  return text
    .replace(/\s*\n\s*/g, " ")
    .replace(/\p{Cc}|\p{Bidi_Control}/gu, "\uFFFD")
    .trim();
}
