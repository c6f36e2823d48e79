import fc from "fast-check";
import { expect, test } from "vitest";
import { parseRecurring, recurringExpression } from "../../src/eventbridge/expression.ts";
import { OptionError } from "../../src/index.ts";
import { isCron } from "./double-cron.ts";

const TAKEN = [
  "rate(1 minute)",
  "rate(1 minutes)",
  "rate(5 minutes)",
  "rate(12 hours)",
  "rate(3 day)",
  "cron(* * * * ? *)",
  "cron(0/5 * * * ? *)",
  "cron(*/10 8-17 ? * MON-FRI *)",
  "cron(15 10 ? * 6L 2022-2199)",
  "cron(0 18 ? * 2#1 *)",
  "cron(0 18 ? * tue#5 *)",
  "cron(0 0 L * ? *)",
  "cron(0 0 3W JAN,APR-JUN ? 2026/2)",
  "cron(0,30 0-6/2 1,15 * ? *)",
  "cron(0 0 ? * L *)",
  "cron(0  12   *  *  ?  *)",
];

const REFUSED = [
  "",
  "rate(0 minutes)",
  "rate(-1 minutes)",
  "rate(1.5 hours)",
  "rate(5)",
  "rate(5 seconds)",
  "rate(5  minutes)",
  "rate(05 minutes)",
  "rate (5 minutes)",
  "Rate(5 minutes)",
  "rate(5 minutes) ",
  "at(2026-11-21T09:00:00)",
  "5 * * * *",
  "cron(* * * * *)",
  "cron(* * * * * *)",
  "cron(* * ? * ? *)",
  "cron(* * * * ? * *)",
  "cron(60 * * * ? *)",
  "cron(* 24 * * ? *)",
  "cron(* * 0 * ? *)",
  "cron(* * 32 * ? *)",
  "cron(* * 32W * ? *)",
  "cron(* * * 13 ? *)",
  "cron(* * ? * 0 *)",
  "cron(* * ? * 8 *)",
  "cron(* * ? * MON#6 *)",
  "cron(* * ? * MON#1,TUE#2 *)",
  "cron(* * ? * MON/2 *)",
  "cron(* * * * ? 1969)",
  "cron(* * * * ? 2200)",
  "cron(*/0 * * * ? *)",
  "cron(30-10 * * * ? *)",
  "cron(1,,2 * * * ? *)",
  "cron(L * * * ? *)",
  "cron(? * * * ? *)",
  "cron(* * L-3 * ? *)",
  "cron(* * * FOO ? *)",
  "cron( )",
  `cron(${"0,".repeat(120)}0 0 * * ? *)`,
];

test.each(TAKEN)("%s is a recurring expression", (text) => {
  expect(recurringExpression("expression", text)).toBe(text);
});

test.each(REFUSED)("%j is refused, with the option's name and an example", (text) => {
  expect(() => recurringExpression("expression", text)).toThrow(OptionError);
  expect(() => recurringExpression("expression", text)).toThrow(/`expression`.*rate\(5 minutes\)/s);
});

test("what is no text is refused", () => {
  for (const given of [undefined, null, 5, {}, ["rate(1 minute)"]]) {
    expect(() => recurringExpression("expression", given)).toThrow(OptionError);
  }
});

test("of any fields, the library takes those and only those that the service's rules allow", () => {
  const piece = fc.constantFrom(
    ...["*", "?", "L", "W", "#", "-", "/", ",", "0", "1", "2", "5", "7", "8", "12", "13", "23"],
    ...["24", "31", "32", "59", "60", "2026", "2199", "2200", "MON", "sat", "JAN", "dec", "15W"],
    ...["6L", "3#2", "0/5", "1-4", "*/3", "1,15"],
  );
  const field = fc.array(piece, { minLength: 1, maxLength: 2 }).map((pieces) => pieces.join(""));
  const right = [
    fc.constantFrom("*", "0", "0/5", "59", "1-4"),
    fc.constantFrom("*", "23", "*/3"),
    fc.constantFrom("?", "?", "*", "L", "15W", "31"),
    fc.constantFrom("*", "JAN", "12", "1-4"),
    fc.constantFrom("?", "?", "*", "6L", "3#2", "MON-FRI"),
    fc.constantFrom("*", "2026", "2199"),
  ] as const;
  // Mostly right fields and a few of any pieces, so that both answers occur.
  const fields = fc.tuple(
    ...right.map((good) =>
      fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: field }),
    ),
  );
  let taken = 0;
  let refused = 0;
  fc.assert(
    fc.property(fields, (given) => {
      const text = `cron(${given.join(" ")})`;
      const isTaken = parseRecurring(text) !== undefined;
      expect(isTaken, text).toBe(isCron(text));
      if (isTaken) taken += 1;
      else refused += 1;
    }),
    { numRuns: 3_000, seed: 7 },
  );
  expect(Math.min(taken, refused)).toBeGreaterThan(300);
});
