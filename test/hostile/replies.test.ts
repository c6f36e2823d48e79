import fc from "fast-check";
import { expect, test } from "vitest";
import { createQueue, drain, XdrainError } from "../../src/index.ts";
import { createRedisStore } from "../../src/redis/store.ts";
import type { Answer } from "../../src/redis/transport.ts";
import { virtualClock } from "../../src/testing.ts";
import { CANARY, effort, expectCleanPrototypes, json, text } from "./support.ts";

const turn = fc.record({
  index: fc.nat({ max: 18 }),
  value: json,
});

/** The reply of an empty turn, with one place of it changed. */
function changed({ index, value }: { index: number; value: unknown }): unknown {
  const found = ["60000", 0, "1700000000000", 0, ["xdrain"], 0];
  const reply: unknown[] = ["ok", "1700000000000", 5, "ordinary", [], [], [], 0, 0, 0, 0, 0, "0"];
  reply.push(0, "0", 0, 0, found);
  reply[index] = value;
  return reply;
}

const answer: fc.Arbitrary<Answer> = fc.oneof(
  turn.map((one) => ({ ok: true as const, reply: changed(one) })),
  json.map((reply) => ({ ok: true as const, reply })),
  text.map((message) => ({ ok: false as const, message })),
);

test("whatever a server answers, a call ends, and with an error of ours if at all", async () => {
  const attempt = async (answers: readonly Answer[]) => {
    let asked = 0;
    const clock = virtualClock();
    const transport = {
      async command(): Promise<Answer> {
        const next = answers[asked % answers.length] as Answer;
        asked += 1;
        return next;
      },
    };
    const sleep = async (ms: number) => clock.advance(Math.max(1, ms));
    const store = createRedisStore(transport, { clock: { ...clock, sleep } });
    const queue = createQueue<string>({ name: "q", store });
    const calls = [
      () => queue.send(CANARY),
      () => drain(queue, () => {}, { maxRequests: 6 }),
      () => queue.depth(),
      () => queue.deadLetters.list(),
    ];
    for (const call of calls) {
      try {
        await call();
      } catch (error) {
        expect(error).toBeInstanceOf(XdrainError);
        expect(String(error)).not.toContain(CANARY);
      }
      expect(asked).toBeLessThan(60);
    }
    expectCleanPrototypes();
  };
  const property = fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 4 }), attempt);
  await fc.assert(property, effort(400));
});
