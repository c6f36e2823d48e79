/** A promise that was not kept. */
export class NotKept extends Error {
  override readonly name = "NotKept";
}

/** @throws NotKept where they differ, told as JSON. */
export function same(what: string, actual: unknown, expected: unknown): void {
  const [got, wanted] = [textOf(actual), textOf(expected)];
  if (got !== wanted) throw new NotKept(`Expected ${what} to be ${wanted}, got ${got}.`);
}

/** @throws NotKept */
export function holds(what: string, condition: boolean): void {
  if (!condition) throw new NotKept(`Expected that ${what}.`);
}

function textOf(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
