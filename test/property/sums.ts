import type { Redis } from "ioredis";
import { expect } from "vitest";
import { consumersOf, keysOf } from "../support/leftovers.ts";
import { MAX_FAILURES, type World } from "./world.ts";

/** What must be true of a world in which nothing is left to do, whatever happened before. */
export async function expectSums(world: World, redis: Redis): Promise<void> {
  const queue = world.healthy();
  const letters = await queue.deadLetters.list({ count: 1_000 });
  const dead = new Set(letters.map(({ originalId }) => originalId));
  expect(dead.size).toBe(letters.length);

  // Each message without a key that is not dead was completed; of those that share one, one was.
  const works = new Map<string, string[]>();
  for (const [id, { key }] of world.sent) {
    if (dead.has(id)) continue;
    const work = key === undefined ? `id ${id}` : `key ${key}`;
    works.set(work, [...(works.get(work) ?? []), id]);
  }
  for (const [work, ids] of works) {
    const done = ids.some((id) => (world.succeeded.get(id) ?? 0) > 0);
    expect(done, `${work} was worked on`).toBe(true);
  }
  expect(world.completed, "completed").toBeLessThanOrEqual(works.size);
  expect(world.completed + world.uncertain, "and uncertain").toBeGreaterThanOrEqual(works.size);
  const duplicates = world.sent.size - dead.size - works.size;
  expect(world.duplicates, "duplicates").toBeLessThanOrEqual(duplicates);

  for (const { originalId, reason, failures, deliveries } of letters) {
    expect(failures).toBeLessThanOrEqual((world.refused.get(originalId ?? "") ?? 0) + 1);
    if (reason === "failed") expect(failures).toBe(MAX_FAILURES);
    if (reason === "crashed") expect(deliveries).toBeGreaterThanOrEqual(10);
    expect(["failed", "rejected", "crashed"]).toContain(reason);
  }
  expect(world.complaints, "failures that nobody made").toEqual([]);

  const { inFlight, parked } = await queue.depth();
  expect({ inFlight, parked }).toEqual({ inFlight: 0, parked: 0 });
  expect(["xd:suspects"]).toEqual(expect.arrayContaining(await consumersOf(redis, world.name)));
  expect(["dead", "journal", "keys", "state", "stats"]).toEqual(
    expect.arrayContaining(await keysOf(redis, world.name)),
  );
}
