import type { RedisCommand } from "./backend.ts";
import { GatewayError } from "./errors.ts";

/** The command of a JSON body: `["SET", "key", 1]`. Throws `bad_request`. */
export function parseCommand(body: string): RedisCommand {
  return toCommand(parseArray(body));
}

/** The commands of a pipeline or a transaction: `[["SET", "key", 1], ["GET", "key"]]`. */
export function parseCommands(body: string): readonly RedisCommand[] {
  const rows = parseArray(body);
  if (rows.length === 0) throw bad("ERR empty pipeline request");
  return rows.map((row) => {
    if (!Array.isArray(row)) throw bad("ERR expected an array of commands, each an array");
    return toCommand(row);
  });
}

/**
 * The command of a path: `/set/key/value`, then the body of a POST as it is, then the parameters
 * of the query, as in `/set/key?EX=100`.
 */
export function parsePath(url: string, body: Buffer | undefined): RedisCommand {
  const { segments, query } = splitPath(url);
  const args: (string | Buffer)[] = segments.slice(1);
  if (body !== undefined) args.push(body);
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === "_token") continue;
    args.push(name);
    if (value !== "") args.push(value);
  }
  return [nameOf(segments[0]), ...args];
}

/** The decoded segments of a URL's path. A slash inside an argument is `%2F`. */
export function splitPath(url: string): { segments: string[]; query: string } {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const mark = url.indexOf("?", start);
  const path = url.slice(start + 1, mark === -1 ? undefined : mark);
  const query = mark === -1 ? "" : url.slice(mark + 1);
  const trimmed = path.endsWith("/") ? path.slice(0, -1) : path;
  try {
    return { segments: trimmed.split("/").map(decodeURIComponent), query };
  } catch (cause) {
    throw bad("ERR the path is not valid percent-encoded UTF-8", cause);
  }
}

function parseArray(body: string): unknown[] {
  if (body === "") throw bad("ERR expected a JSON array, got an empty body");
  let value: unknown;
  try {
    value = JSON.parse(body);
    // A number that a double cannot hold, or would write differently, is kept as the client wrote it.
    if (!isExact(value, 0)) value = JSON.parse(body, keepDigits);
  } catch (cause) {
    throw bad("ERR expected a JSON array, got invalid JSON", cause);
  }
  if (!Array.isArray(value)) throw bad("ERR expected JSON array");
  return value;
}

/** Looks no deeper than commands go: whatever is nested deeper is refused as it is. */
function isExact(value: unknown, depth: number): boolean {
  if (typeof value === "number") return Number.isSafeInteger(value);
  return !Array.isArray(value) || depth > 2 || value.every((item) => isExact(item, depth + 1));
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" ? (context?.source ?? String(value)) : value;
}

function toCommand(row: readonly unknown[]): RedisCommand {
  const [name, ...args] = row;
  if (name !== undefined && typeof name !== "string") throw bad(unsupported(name));
  return [nameOf(name), ...args.map(toArgument)];
}

function nameOf(name: string | undefined): string {
  if (name === undefined || name === "") throw bad("ERR empty command");
  return name.toUpperCase();
}

function toArgument(value: unknown): string {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "boolean":
      return String(value);
    default:
      throw bad(unsupported(value));
  }
}

function unsupported(value: unknown): string {
  const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  return `ERR unsupported arg type: ${type}`;
}

function bad(message: string, cause?: unknown): GatewayError {
  return new GatewayError("bad_request", message, cause === undefined ? undefined : { cause });
}
