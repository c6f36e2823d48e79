import { expect, test } from "vitest";
import { connectRaw } from "../support/redis.ts";

test("the tests have a Redis of their own that speaks streams", async () => {
  const redis = connectRaw();
  expect(await redis.ping()).toBe("PONG");
  expect(await redis.xadd("probe", "*", "a", "1")).toMatch(/^\d+-\d+$/);
  redis.disconnect();
});
