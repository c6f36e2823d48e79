import type { Child } from "./child.ts";

const LIMIT_MS = 60_000;
const PAUSE_MS = 100;

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks again and again until there is something, or the time is over. */
export async function until<Value>(
  ask: () => Value | undefined | Promise<Value | undefined>,
  limitMs: number,
  pauseMs: number,
): Promise<Value | undefined> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await ask();
    if (value !== undefined || Date.now() >= deadline) return value;
    await wait(pauseMs);
  }
}

/** Resolves when something answers at the address, whatever it says. */
export async function answering(url: string, child: Child): Promise<void> {
  const deadline = Date.now() + LIMIT_MS;
  while (Date.now() < deadline) {
    const found = await Promise.race([answers(url), child.ended]);
    if (found) return;
    await wait(PAUSE_MS);
  }
  throw new Error(`Nothing answered at ${url} within ${LIMIT_MS / 1_000} s.`);
}

async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
