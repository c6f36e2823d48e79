// What is to become of message number n. Producers, handlers and the checker all ask here, in
// different processes, so it depends on the number alone.

export interface Payload {
  readonly n: number;
}

export type Fate = "works" | "fails once" | "always fails" | "is rejected";

export function fateOf(n: number): Fate {
  if (n % 100 === 7) return "always fails";
  if (n % 200 === 11) return "is rejected";
  return n % 10 === 3 ? "fails once" : "works";
}

export function mustDie(n: number): boolean {
  const fate = fateOf(n);
  return fate === "always fails" || fate === "is rejected";
}

/** A third has an idempotency key; dead letters would free theirs, so those have none. */
export function keyOf(n: number): string | undefined {
  return n % 3 === 0 && !mustDie(n) ? `key-${n}` : undefined;
}

/** Some keyed messages are sent a second time on purpose, in a later batch. */
export function isSentTwice(n: number): boolean {
  return n % 30 === 0 && keyOf(n) !== undefined;
}

/** Some are sent with a delay, with a key or without. */
export function delayOf(n: number): number | undefined {
  return n % 20 === 6 || n % 60 === 9 ? 500 + (n % 7) * 250 : undefined;
}

/** Most take no time, some a little, and a few so long that their lease has to be renewed. */
export function workMs(n: number): number {
  if (n % 2_000 === 1_234) return 1_800;
  return n % 4 === 0 ? n % 7 : 0;
}
