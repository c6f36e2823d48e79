const encoder = new TextEncoder();

/** How many bytes a text has as UTF-8, which is what a server counts. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** The bytes of an entry's names and values. */
export function sizeOf(fields: readonly string[]): number {
  return fields.reduce((sum, value) => sum + byteLength(value), 0);
}
