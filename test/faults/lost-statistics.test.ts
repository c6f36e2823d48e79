import { expect } from "vitest";
import { createQueue, drain } from "../../src/index.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { createRedisStore } from "../../src/redis/store.ts";
import type { Transport } from "../../src/redis/transport.ts";
import { otherProgram } from "../interop/foreign.ts";
import { EMPTY } from "../support/depth.ts";
import { privateRedis, serverTest } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";

// Statistics are told for those who look. What is wrong with them must not touch the work.

const HUNDRED = Array.from({ length: 100 }, (_, payload) => ({ payload }));

for (const broken of ["stats", "journal"] as const) {
  serverTest(`a pass works as ever where the key of the ${broken} is of another type`, async () => {
    const queue = tcpQueue<number>();
    const key = groupKeys(queue.resolved.storeQueue)[broken];
    await otherProgram().set(key, "somebody else's");
    await queue.sendBatch(HUNDRED);
    const report = await drain(queue, () => {}, { batch: 30 });
    expect(report).toMatchObject({ stopped: "empty", completed: 100, uncertain: 0 });
    expect(report.error).toBeUndefined();
    expect((await drain(queue, () => {})).error).toBeUndefined();
    expect(await queue.depth()).toEqual(EMPTY);
  });
}

serverTest("counters go on where the journal cannot be written", async () => {
  const queue = tcpQueue<number>();
  await otherProgram().set(groupKeys(queue.resolved.storeQueue).journal, "somebody else's");
  await queue.sendBatch(HUNDRED);
  await drain(queue, () => {});
  expect((await queue.stats()).totals).toMatchObject({ completed: 100, passes: 1 });
});

serverTest("a full server that lets no script free memory still answers an idle pass", async () => {
  const { url } = await privateRedis(["--maxmemory-policy", "noeviction"]);
  const redis = otherProgram(url);
  const transport: Transport = {
    async command([name = "", ...args]) {
      if (args[0]?.startsWith("#!lua"))
        return { ok: false, message: "ERR unexpected symbol near '#'" };
      try {
        return { ok: true, reply: await redis.call(name, args) };
      } catch (error) {
        return { ok: false, message: error instanceof Error ? error.message : String(error) };
      }
    },
  };
  const queue = createQueue<number>({ name: "q", store: createRedisStore(transport) });
  await queue.sendBatch(HUNDRED);
  await drain(queue, () => {});
  await redis.config("SET", "maxmemory", "1");
  const report = await drain(queue, () => {});
  expect(report).toMatchObject({ stopped: "empty", requests: 1 });
});
