import { expect, test } from "vitest";
import { createMeter } from "../../src/meter.ts";
import { createTally } from "../../src/report.ts";
import type { TurnReply } from "../../src/store.ts";

test("what was told too much is taken off what comes, so that no counter goes back", () => {
  const tally = createTally("orders");
  const meter = createMeter(tally, { startedAt: 0 });
  const none = { complete: [], retry: [], dead: [], release: [] };
  const complete = Array.from({ length: 10 }, (_, i) => ({ id: `${i}-0`, delivery: 1, key: "" }));
  const turn = { token: "xd:a", requests: 1, mayEnd: false, reason: "" };
  const outcomes = { ...none, complete };
  const told = meter.tell({ ...turn, now: 31_000, outcomes }) ?? expect.fail("It tells nothing.");
  expect(told.totals).toEqual([["completed", 10]]);
  tally.completed += 4;
  tally.lost += 6;
  const found = { duplicates: 0, deferred: 0, dead: 0, reclaimed: 0 };
  const nothing = { ...found, lostPayloads: 0, trimmedUnread: 0 };
  meter.told(told, outcomes, {
    ...nothing,
    journaled: true,
    bill: { requests: 1, commands: 5 },
  } as TurnReply);
  const next = meter.tell({ ...turn, now: 62_000, outcomes: none });
  expect(next?.totals).toEqual([["lost", 6]]);
  tally.completed += 8;
  expect(meter.tell({ ...turn, now: 93_000, outcomes: none })?.totals).toEqual([["completed", 2]]);
});
