import { expect } from "vitest";
import { simulateDay } from "../../bench/costs/day.ts";
import { privateRedis, serverTest } from "../support/redis.ts";

serverTest(
  "a day of 50,000 sends, one in a hundred failing once, and a pass each minute takes 232,800 commands",
  async () => {
    const { url } = await privateRedis();
    const day = await simulateDay(url, { sends: 50_000, keyed: false });
    expect(day).toMatchObject({
      completed: 50_000,
      retries: 500,
      requests: 52_880,
      commands: { sends: 200_000, passes: 32_800 },
    });
    expect(day.peakMemory).toBeLessThanOrEqual(136 * 1_024);
  },
  240_000,
);
