import { expect, test } from "vitest";
import { check, type Dead, type ReplicationWindow } from "./check.ts";
import { emptyLedger, runReader, sendReader } from "./ledger.ts";
import { fateOf, isSentTwice, keyOf } from "./plan.ts";

// The checker must not be able to say that all is well when it is not.

const PLAIN = 1;
const FAILS_ONCE = 13;
const ALWAYS_FAILS = 7;
const KEYED = 6;

const SENDS = [`t 1 6 7 13`, "k 100 1:1-1 6:1-6 7:1-7 13:1-13"];
const PASS = 'e {"stopped":"empty","counts":{"completed":3}}';
const RUNS = [
  "s 1 1-1 1 110 111",
  "d 1-1",
  "s 6 1-6 1 110 111",
  "d 1-6",
  "s 13 1-13 1 110 111",
  "f 1-13",
  "s 7 1-7 1 110 112",
  "f 1-7",
  "c 120 1-1/1 1-6/1",
  "s 13 1-13 2 130 131",
  "d 1-13",
  "c 140 1-13/2",
  PASS,
];
const DEAD: Dead[] = [{ n: ALWAYS_FAILS, originalId: "1-7", reason: "failed" }];

function checked(
  lives: readonly (readonly string[])[],
  dead: readonly Dead[] = DEAD,
  sends: readonly string[] = SENDS,
  windows: readonly ReplicationWindow[] = [],
) {
  const ledger = emptyLedger();
  sends.forEach(sendReader(ledger));
  for (const lines of lives) lines.forEach(runReader(ledger));
  return check(ledger, dead, windows);
}

const without = (...lines: readonly string[]) => RUNS.filter((line) => !lines.includes(line));

test("the numbers of these tests have the fates that they need", () => {
  expect([PLAIN, KEYED, FAILS_ONCE, ALWAYS_FAILS].map(fateOf)).toEqual([
    "works",
    "works",
    "fails once",
    "always fails",
  ]);
  expect([keyOf(PLAIN), keyOf(KEYED)]).toEqual([undefined, "key-6"]);
  expect(isSentTwice(30)).toBe(true);
});

test("a run in which all went well has no violation", () => {
  expect(checked([RUNS])).toMatchObject({
    sent: 4,
    completed: 3,
    dead: 1,
    lost: 0,
    repeated: 0,
    violations: [],
  });
});

test("a message that nobody worked on is lost", () => {
  const found = checked([without("s 1 1-1 1 110 111", "d 1-1", "c 120 1-1/1 1-6/1")]);
  expect(found).toMatchObject({ lost: 1, completed: 2 });
  expect(found.violations).toEqual(["lost: message 1, sent as 1-1 (confirmed at 100)"]);
});

test("a message whose only run was cut off is lost", () => {
  expect(checked([without("d 1-1", "c 120 1-1/1 1-6/1")]).lost).toBe(1);
});

test("a dead letter that is gone is lost", () => {
  expect(checked([RUNS], []).lost).toBe(1);
});

test("a send that a failover lost counts apart, and only inside of the window", () => {
  const runs = [without("s 1 1-1 1 110 111", "d 1-1", "c 120 1-1/1 1-6/1")];
  const during = checked(runs, DEAD, SENDS, [{ from: 95, to: 200 }]);
  expect(during).toMatchObject({ lost: 0, lostInWindow: 1, violations: [] });
  const after = checked(runs, DEAD, SENDS, [{ from: 101, to: 200 }]);
  expect(after).toMatchObject({ lost: 1, lostInWindow: 0 });
});

test("a send that got no answer is no message, and it is told whether it is there", () => {
  const sends = [...SENDS, "t 21 22"];
  expect(checked([[...RUNS, "s 21 1-21 1 110 111", "d 1-21", PASS]], DEAD, sends)).toMatchObject({
    sent: 4,
    unconfirmed: 2,
    unconfirmedButThere: 1,
    violations: [],
  });
});

test("a completed message that is handed out again is a violation", () => {
  const later = ["s 1 1-1 2 150 151", "d 1-1", PASS];
  expect(checked([RUNS, later]).violations).toEqual([
    "message 1 (1-1, delivery 2) was handed out at 150 after it was completed at 120",
  ]);
});

test("a run on an expired lease, which was claimed before, is a repeat and no violation", () => {
  const stale = ["s 1 1-1 1 105 125", "d 1-1", "l 1-1", PASS];
  expect(checked([RUNS, stale])).toMatchObject({ repeated: 1, violations: [] });
});

test("work of a key that is handed out again under another id is a violation", () => {
  const sends = [...SENDS, "k 101 6:2-6"];
  const again = ["s 6 2-6 1 150 151", "d 2-6", PASS];
  expect(checked([RUNS, again], DEAD, sends).violations).toEqual([
    "message 6 (2-6, delivery 1) was handed out at 150 after its key was completed at 120",
  ]);
});

test("a key that is completed twice is a violation", () => {
  const sends = [...SENDS, "k 101 6:2-6"];
  const again = ["s 6 2-6 1 115 116", "d 2-6", "c 121 2-6/1", PASS];
  expect(checked([RUNS, again], DEAD, sends).violations).toEqual([
    "key of message 6 completed twice: 1-6 and 2-6",
  ]);
});

test("a message that is completed and dead is a violation", () => {
  const dead = [...DEAD, { n: FAILS_ONCE, originalId: "1-13", reason: "crashed" } as const];
  expect(checked([RUNS], dead).violations).toEqual(["1-13 is completed and a dead letter"]);
});

test("a dead letter that was not meant to be needs as many failures as the queue allows", () => {
  const runs = [without("d 1-1", "c 120 1-1/1 1-6/1")];
  const dead = [...DEAD, { n: PLAIN, originalId: "1-1", reason: "failed" } as const];
  expect(checked(runs, dead).violations).toEqual(["message 1 is dead: failed, after 0 failures"]);
  const failing = [1, 2, 3, 4].flatMap((count) => [`s 1 1-1 ${count} 200 20${count}`, "a 1-1"]);
  expect(checked([...runs, failing], dead)).toMatchObject({ deadUnplanned: 1, violations: [] });
});

test("two dead letters of one message are a violation", () => {
  expect(checked([RUNS], [...DEAD, ...DEAD]).violations).toEqual(["two dead letters of 1-7"]);
});

test("a repeated run is told with what had become of the one before", () => {
  const first = ["s 1 1-1 1 110 111", "d 1-1"];
  const again = without("s 1 1-1 1 110 111").concat();
  const second = ["s 1 1-1 2 115 116", ...again.map((line) => line.replace("1-1/1", "1-1/2"))];
  expect(checked([first, second])).toMatchObject({
    repeated: 1,
    repeatedAfter: { "killed before it was settled": 1 },
    violations: [],
  });
  expect(checked([[...first, "u 1-1", PASS], second]).repeatedAfter).toEqual({
    "no answer to the settle": 1,
  });
  expect(checked([["s 1 1-1 1 110 111"], second]).repeatedAfter).toEqual({
    "killed in the handler": 1,
  });
});

test("a run that failed as planned makes no repeat of the next one", () => {
  expect(checked([RUNS]).repeatedAfter).toEqual({});
});
