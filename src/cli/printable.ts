/** Text of others, safe on a terminal: what it would obey is shown as an escape. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}|\p{Bidi_Control}/gu, escaped);
}

function escaped(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** JSON that is safe on a terminal: the control characters that JSON lets through are escaped too. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f]|\p{Bidi_Control}/gu, escaped);
}

/** Lines of at most a width, broken between words where there are any. */
export function wrapped(text: string, width: number): string[] {
  const line = new RegExp(`.{1,${width}}(?= |$)|\\S{${width}}`, "gu");
  return (text.match(line) ?? []).map((found) => found.trim());
}

/** Cuts to a number of characters, and shows that it did. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const characters = [...text];
  return characters.length <= most
    ? text
    : `${characters.slice(0, Math.max(0, most - 1)).join("")}…`;
}
