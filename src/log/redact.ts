// Errors of other libraries may repeat an address with its password or a header with its token. This
// takes out what can be told by its shape; it knows no secret that looks like any other word.

const SHAPES: readonly (readonly [RegExp, string])[] = [
  // redis://user:password@host
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"']+@/gi, "$1[redacted]@"],
  // Authorization: Bearer …
  [/\b(bearer|basic)(\s+)[\w.~+/=-]+/gi, "$1$2[redacted]"],
  // A token that says what it is (JWT).
  [/\beyJ[\w-]{5,400}\.[\w.-]+/g, "[redacted]"],
  // token=…, "apiKey": "…", X-Amz-Signature=…
  [
    /\b([\w-]{0,40}?(?:token|secret|passwor[dt]|passwd|api[_-]?key|signature|credential|authorization))(\\?["']?\s{0,3}[=:]\s{0,3}\\?["']?)(?!\[redacted\]|bearer\b|basic\b)[^\s"'&,;}]+/gi,
    "$1$2[redacted]",
  ],
];

/** The text without what looks like a credential. */
export function redact(text: string): string {
  return SHAPES.reduce((redacted, [shape, by]) => redacted.replace(shape, by), text);
}
