import { expect, test } from "vitest";
import { createQueue, drain } from "../../src/index.ts";
import type { Store } from "../../src/store.ts";
import { memoryStore } from "../../src/testing.ts";
import { movingClock } from "../conformance/moving-clock.ts";

test.each([3_600_000, 30_000, 3_000])(
  "leases are renewed though the local clock goes back %s ms in mid-pass",
  async (back) => {
    const clock = movingClock();
    const server = memoryStore({ clock });
    let behind = 0;
    const store: Store = { ...server, now: () => clock.now() - behind };
    const queue = createQueue<string>({ name: "work", store });
    const others = createQueue<string>({ name: "work", store: server });
    await queue.sendBatch([{ payload: "long" }, { payload: "waits" }]);
    const taken: string[] = [];
    const report = await drain(
      queue,
      async () => {
        await clock.sleep(5_000);
        behind = back;
        for (let slept = 0; slept < 150_000; slept += 10_000) {
          await clock.sleep(10_000);
          await drain(others, ({ payload }) => taken.push(payload));
        }
      },
      { concurrency: 1, maxDuration: "10 m" },
    );
    expect(taken).toEqual([]);
    expect(report).toMatchObject({ completed: 2, lost: 0 });
  },
);
