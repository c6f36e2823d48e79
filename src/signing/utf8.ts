const encoder = new TextEncoder();

/** The bytes of a text, in memory that no other thread sees: cryptography takes no other. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encoder.encode(text));
}
