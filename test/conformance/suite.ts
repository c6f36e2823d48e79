import { afterAll, beforeAll } from "vitest";
import { leases } from "./leases.ts";
import { settling } from "./settling.ts";
import type { Target } from "./target.ts";

/** Holds a store to the port, and the queue above it to what it promises. */
export function conformance(open: () => Promise<Target>): void {
  let target: Target;
  beforeAll(async () => {
    target = await open();
  });
  afterAll(() => target.close());
  for (const concern of [settling, leases]) concern(() => target);
}
