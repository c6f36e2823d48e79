import { expect, test } from "vitest";
import { OptionError } from "../../src/index.ts";
import { readDrainEvent } from "../../src/runtimes/lambda/drain-event.ts";
import { lambda } from "../../src/runtimes/lambda/index.ts";
import { contextWith, RULE } from "./lambda-events.ts";
import { tcpWork } from "./support.ts";

test("an event says how many passes in a row have asked for the next; undefined where it says nothing", () => {
  expect(readDrainEvent({ queue: "orders", depth: 4, maxMessages: 9 })).toEqual({
    queue: "orders",
    depth: 4,
    asked: { maxMessages: 9 },
  });
  for (const event of [{ queue: "orders" }, {}, RULE, null, undefined]) {
    expect(readDrainEvent(event).depth).toBeUndefined();
  }
});

test("a depth that is none makes the invocation fail, before any pass", async () => {
  const inbox = tcpWork();
  await inbox.queue.send(1);
  const handler = lambda({ queues: () => inbox });
  for (const depth of [-1, 0.5, "1", null, 1_000_001]) {
    const event = { queue: inbox.queue.name, depth };
    await expect(handler(event, contextWith(30_000))).rejects.toThrow(OptionError);
  }
  expect(await inbox.queue.depth()).toMatchObject({ entries: 1 });
  expect(await handler({ depth: 0 }, contextWith(30_000))).toMatchObject({
    reports: [{ completed: 1 }],
  });
});
