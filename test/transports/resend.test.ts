import { expect, test } from "vitest";
import { createQueue, drain, PackageError, type SendError } from "../../src/index.ts";
import { createRedisStore } from "../../src/redis/store.ts";
import type { Answer } from "../../src/redis/transport.ts";
import { virtualClock } from "../../src/testing.ts";

/** A queue whose requests get these answers, one after the other; undefined is none at all. */
function queueAnswering(answers: readonly (Answer | undefined)[], frozenMs: number) {
  const clock = virtualClock();
  let requests = 0;
  const transport = {
    async command(): Promise<Answer> {
      const answer = answers[requests];
      requests += 1;
      if (answer === undefined) throw new Error("connection reset");
      return answer;
    },
  };
  const asleep = { ...clock, sleep: async () => clock.advance(frozenMs) };
  const store = createRedisStore(transport, { clock: asleep });
  return { queue: createQueue<number>({ name: "q", store }), requests: () => requests };
}

test("a send that was frozen between two attempts does not try again: the server may have forgotten it", async () => {
  const stored: Answer = { ok: true, reply: ["ok", 4, "1-0", ""] };
  const awake = queueAnswering([undefined, stored], 100);
  expect(await awake.queue.send(1)).toEqual({ id: "1-0" });
  const frozen = queueAnswering([undefined, stored], 120_000);
  await expect(frozen.queue.send(1)).rejects.toMatchObject({ uncertain: true });
  expect(frozen.requests()).toBe(1);
});

test("a refusal after a request without an answer leaves it uncertain", async () => {
  const full: Answer = { ok: false, message: "OOM command not allowed" };
  const failure = (answers: readonly (Answer | undefined)[]) =>
    queueAnswering(answers, 100)
      .queue.send(1)
      .then(
        () => undefined,
        (error: SendError) => error,
      );
  expect(await failure([full])).toMatchObject({ uncertain: false, cause: { code: "store_full" } });
  const second = await failure([undefined, full]);
  expect(second).toMatchObject({ uncertain: true, cause: { code: "store_full" } });
  expect(second?.message).toContain("may have been carried out");
});

test("a missing package is no lost answer: nothing is sent again, and its error comes as it is", async () => {
  const error = new PackageError("package_missing", "It is not installed.");
  let requests = 0;
  const transport = {
    async command(): Promise<Answer> {
      requests += 1;
      throw error;
    },
  };
  const store = createRedisStore(transport, { clock: virtualClock() });
  const queue = createQueue<number>({ name: "q", store });
  for (const call of [() => queue.send(1), () => drain(queue, () => {}), () => queue.depth()]) {
    requests = 0;
    await expect(call()).rejects.toBe(error);
    expect(requests).toBe(1);
  }
});
