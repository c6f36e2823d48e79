import fc from "fast-check";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, test } from "vitest";
import { connectRaw } from "../support/redis.ts";
import type { Fault } from "../support/transports.ts";
import { expectSums } from "./sums.ts";
import { type Plan, type Round, type Step, World } from "./world.ts";

/** Another seed gives other worlds; a failing run prints its own. */
const SEED = Number(process.env.PROPERTY_SEED ?? 41);

const small = (max: number) => fc.integer({ min: 1, max });

const plan: fc.Arbitrary<Plan> = fc.record({
  key: fc.option(fc.constantFrom("a", "b", "c", "d"), { nil: undefined, freq: 2 }),
  failures: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 3 }) },
  ),
  rejected: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

const faults: fc.Arbitrary<Fault[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom<Fault>("request lost", "response lost") },
  ),
  { maxLength: 8 },
);

const zombie = fc.integer({ min: 0, max: 2 });

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("send" as const),
    plans: fc.array(plan, { minLength: 1, maxLength: 12 }),
  }),
  fc.record({
    kind: fc.constant("pass" as const),
    batch: small(10),
    concurrency: small(4),
    lanes: small(2),
    maxMessages: fc.integer({ min: 1, max: 40 }),
    faults,
  }),
  fc.record({ kind: fc.constant("zombie claims" as const), zombie, claim: small(6), faults }),
  fc.record({
    kind: fc.constant("zombie settles" as const),
    zombie,
    outcomes: fc.array(
      fc.constantFrom(...(["complete", "complete", "retry", "dead", "release", "held"] as const)),
      { minLength: 1, maxLength: 4 },
    ),
    final: fc.boolean(),
    faults,
  }),
);

const round: fc.Arbitrary<Round> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 5 }),
  leasesEnd: fc.boolean(),
});

let redis: Redis;
beforeAll(() => {
  redis = connectRaw();
});
afterAll(() => redis.disconnect());

test("whatever passes do and the network loses, each work is done once or dead", async () => {
  const rounds = fc.tuple(
    fc.array(plan, { minLength: 5, maxLength: 40 }),
    fc.array(round, { minLength: 1, maxLength: 7 }),
  );
  const property = fc.asyncProperty(rounds, async ([plans, play]) => {
    const world = new World(redis);
    await world.play({ steps: [{ kind: "send", plans }], leasesEnd: false });
    for (const each of play) await world.play(each);
    await world.finish();
    await expectSums(world, redis);
    const keys = await redis.keys(`*${world.name}*`);
    await redis.unlink(keys);
  });
  await fc.assert(property, { seed: SEED, numRuns: 120, interruptAfterTimeLimit: 15_000 });
});
