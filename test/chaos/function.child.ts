// A function in a process of its own: one pass after the other, until it is told to stop, or killed.

import { drain, StoreError } from "../../src/index.ts";
import { appendTo } from "./appender.ts";
import { type FunctionSettings, settingsOf, storeOf } from "./child-settings.ts";
import { isExpected } from "./expected.ts";
import { observe } from "./observe.ts";
import { chaosQueue } from "./queue.ts";
import { between, oneOf, seeded } from "./random.ts";

const { way, ledger, seed, name } = settingsOf<FunctionSettings>();
const random = seeded(seed, name);
const observed = observe(storeOf(way), appendTo(ledger));
const queue = chaosQueue(observed.store);
let stopping = false;

process.on("message", () => {
  stopping = true;
});
// The supervisor is gone.
process.on("disconnect", () => process.exit());

async function pass(): Promise<void> {
  try {
    const report = await drain(queue, observed.handler, {
      maxDuration: between(random, 3_000, 6_000),
      batch: oneOf(random, [10, 100, 100, 200]),
      concurrency: oneOf(random, [5, 20, 50]),
      lanes: oneOf(random, [1, 1, 2]),
      prefetch: random() < 0.8,
    });
    await observed.passEnded(report);
    if (report.error !== undefined && !isExpected(report.error)) throw report.error;
  } catch (error) {
    if (!(error instanceof StoreError) || !isExpected(error)) throw error;
    await observed.passEnded(error);
  }
}

while (!stopping) {
  await pass();
  await observed.store.sleep(between(random, 10, 100));
}
process.exit();
