import { StoreError } from "../errors.ts";
import type { StreamEntry } from "../store.ts";

// Replies come from outside, through servers and gateways that differ: they are read here and
// nowhere else, and one that is not what a script returns is a typed error.

/** A reply that no script of ours returns; its content is not repeated, it may be a payload. */
export function malformed(expected: string, given: unknown): StoreError {
  const kind = Array.isArray(given) ? "an array" : given === null ? "null" : typeof given;
  return new StoreError("store_refused", `Expected ${expected} in a script's reply, got ${kind}.`, {
    uncertain: true,
  });
}

export function asArray(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed("an array", value);
  return value;
}

export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw malformed("a string", value);
}

export function asTexts(value: unknown): readonly string[] {
  const list = asArray(value);
  for (const item of list) {
    if (typeof item !== "string") return list.map(asText);
  }
  return list as readonly string[];
}

/** The reply of XRANGE and XREVRANGE; empty without a reply. */
export function asEntries(value: unknown): StreamEntry[] {
  return asArray(value ?? []).map((entry) => {
    const [id, fields] = asArray(entry);
    return { id: asText(id), fields: asTexts(fields) };
  });
}

/** Lua's integers come as numbers, those too large for it as text. */
export function asNumber(value: unknown): number {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isFinite(number)) throw malformed("a number", value);
  return number;
}
