import { PayloadError } from "./errors.ts";
import { isWellFormed } from "./expect.ts";

// The stored format, version 1. An entry of ours holds its payload as JSON in the field `xd:d`;
// any other entry is a message too, its payload the object of its fields. Field names that begin
// with `xd:` are ours: `xd:k` is an idempotency key, `xd:id` the id of a message that was delayed, `xd:tp` and
// `xd:ts` its trace, `xd:v` a later version of this format, and `xd:raw` holds all fields of an entry that was too wide to be moved.

export const KEY_FIELD = "xd:k";
/** W3C trace context: where the work began. */
const TRACE_PARENT = "xd:tp";
const TRACE_STATE = "xd:ts";
/** Where a delayed message keeps the id that `send` returned. */
export const ID_FIELD = "xd:id";
/** Holds the payload as JSON. */
export const DATA_FIELD = "xd:d";
const VERSION = "xd:v";
/** Holds all fields, each behind its length in bytes. */
export const RAW_FIELD = "xd:raw";
const FORMAT = 1;
/** Most fields and values of an entry that can still become a dead letter. */
const WIDEST = 778;

/** How a queue writes payloads; it reads both. */
export type Codec = "json" | "fields";

/** What a handler receives of a payload sent as plain fields, without a schema: every value is text. */
export type AsText<Payload> = Payload extends object
  ? { readonly [Name in keyof Payload]: TextOf<Payload[Name]> }
  : Payload;

type TextOf<Value> = Value extends string | undefined ? Value : string;

/** The fields of an entry, names and values alternating, with the key first. */
export function encodeFields(
  codec: Codec,
  payload: unknown,
  key: { readonly field: string; readonly value: string } | undefined,
  trace?: Trace,
): string[] {
  const fields = codec === "json" ? [DATA_FIELD, toJson(payload)] : toPlainFields(payload);
  const own = codec === "fields" && key !== undefined ? fieldOf(fields, key.field) : undefined;
  if (own !== undefined && own !== key?.value) {
    throw new PayloadError(
      "invalid_payload",
      `The payload's own field \`${key?.field}\` is the key: leave \`idempotencyKey\` out.`,
    );
  }
  const keyed = key === undefined || own !== undefined ? fields : [key.field, key.value, ...fields];
  const all = trace === undefined ? keyed : [...traceFields(trace), ...keyed];
  if (all.length <= WIDEST) return all;
  throw new PayloadError(
    "invalid_payload",
    `Expected at most ${WIDEST / 2} fields, got ${all.length / 2}.`,
  );
}

/** The trace that a message belongs to, as the W3C writes it. */
export interface Trace {
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

function traceFields({ traceparent, tracestate }: Trace): string[] {
  const state = tracestate === undefined ? [] : [TRACE_STATE, tracestate];
  return [TRACE_PARENT, traceparent, ...state];
}

/** The trace of an entry, as it was sent. */
export function traceOf(fields: readonly string[]): Trace | undefined {
  const traceparent = fieldOf(fields, TRACE_PARENT);
  if (traceparent === undefined) return undefined;
  const tracestate = fieldOf(fields, TRACE_STATE);
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}

function toJson(payload: unknown): string {
  let cause: unknown;
  try {
    const text: string | undefined = JSON.stringify(payload);
    if (text !== undefined) return text;
  } catch (error) {
    cause = error;
  }
  const advice = "It must not hold a BigInt or refer to itself; send null for nothing.";
  throw new PayloadError(
    "invalid_payload",
    `Expected a payload that JSON can hold, got ${kindOf(payload)}. ${advice}`,
    { cause },
  );
}

function toPlainFields(payload: unknown): string[] {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    refusePlain("an object of text, numbers and booleans", payload);
  }
  const fields: string[] = [];
  for (const [name, value] of Object.entries(payload)) {
    if (value === undefined) continue; // as JSON does
    if (name.startsWith("xd:")) refusePlain("field names that do not begin with xd:", name);
    if (!isWellFormed(name)) refusePlain("field names without lone surrogates", "one with");
    fields.push(name, plainText(name.slice(0, 60), value));
  }
  return fields.length > 0 ? fields : refusePlain("at least one field", payload);
}

/** A value as the field of a stream holds it: as text. */
function plainText(name: string, value: unknown): string {
  const isNumber = typeof value === "number" ? Number.isFinite(value) : typeof value === "bigint";
  if (isNumber || typeof value === "boolean") return String(value);
  if (typeof value === "string" && isWellFormed(value)) return value;
  return refusePlain(`well-formed text, a finite number or a boolean as \`${name}\``, value);
}

/** What kind of value it is; a payload's content stays out of errors. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "number" && !Number.isFinite(value)) return String(value); // no content
  return Array.isArray(value) ? "an array" : typeof value;
}

function refusePlain(expected: string, given: unknown): never {
  throw new PayloadError(
    "invalid_payload",
    `Expected ${expected} for plain fields, got ${kindOf(given)}. The codec "json" holds any JSON.`,
  );
}

/** The fields of an entry, also of one that was too wide to be moved. @throws PayloadError */
export function unpackedFields(stored: readonly string[]): readonly string[] {
  const raw = fieldOf(stored, RAW_FIELD);
  return raw === undefined ? stored : unpackRaw(raw);
}

/** The payload of an entry, before its schema. @throws PayloadError */
export function decodeFields(stored: readonly string[]): unknown {
  const fields = unpackedFields(stored);
  const version = fieldOf(fields, VERSION);
  if (version !== undefined && Number(version) !== FORMAT) {
    throw new PayloadError(
      "unsupported_format",
      `The message has format ${version.slice(0, 20)}, this xdrain reads ${FORMAT}; update it.`,
    );
  }
  const data = fieldOf(fields, DATA_FIELD);
  return data === undefined ? plainPayload(fields) : parseJson(data);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new PayloadError("invalid_payload", `The field ${DATA_FIELD} is not JSON.`, { cause });
  }
}

function plainPayload(fields: readonly string[]): Record<string, string> {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] ?? "";
    if (!name.startsWith("xd:")) pairs.push([name, fields[i + 1] ?? ""]);
  }
  // fromEntries makes own properties, a field named __proto__ included.
  return Object.fromEntries(pairs);
}

export function fieldOf(fields: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields[i] === name) return fields[i + 1];
  }
  return undefined;
}

/**
 * The id that `send` returned for a message that was delayed. Our scripts write it first, and in this form; any
 * other field of that name says nothing: a producer of another make must not take another message's id.
 */
export function delayedId([name, value = ""]: readonly string[]): string | undefined {
  return name === ID_FIELD && /^d\d+-\d+-\w{8}$/.test(value) ? value : undefined;
}

/** What a field counts, for one that other programs write; 0 without it, or if it holds no count. */
export function countIn(fields: readonly string[], name: string | undefined): number {
  const text = name === undefined ? undefined : fieldOf(fields, name);
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

/** Reads `length:value` pairs; the lengths are of bytes, as the server counts. */
function unpackRaw(text: string): string[] {
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  const values: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const colon = bytes.indexOf(0x3a, at);
    const length = colon === -1 ? Number.NaN : Number(decoder.decode(bytes.subarray(at, colon)));
    if (!Number.isInteger(length) || length < 0 || colon + 1 + length > bytes.length) {
      throw new PayloadError("invalid_payload", `The field ${RAW_FIELD} is not well-formed.`);
    }
    values.push(decoder.decode(bytes.subarray(colon + 1, colon + 1 + length)));
    at = colon + 1 + length;
  }
  return values;
}
