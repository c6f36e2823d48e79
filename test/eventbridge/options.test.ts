import { expect, test } from "vitest";
import { type EventBridgeOptions, eventBridge } from "../../src/eventbridge/index.ts";
import { OptionError } from "../../src/index.ts";
import { bridgeTo, doubleFor, TARGET } from "./support.ts";

/** A client whose use is a failure of the test. */
const client: EventBridgeOptions["client"] = {
  send: () => expect.fail("It called the service."),
};

const make = (given: object) =>
  eventBridge({ client, name: "orders", target: TARGET, ...given } as EventBridgeOptions);

const target = (given: object) => ({ target: { ...TARGET, ...given } });
const retries = (given: object) => target({ retryPolicy: given });

const circular: Record<string, unknown> = {};
circular.self = circular;

const WRONG: readonly (readonly [option: string, given: object])[] = [
  ["client", { client: undefined }],
  ["client", { client: {} }],
  ["name", { name: undefined }],
  ["name", { name: "" }],
  ["name", { name: "or ders" }],
  ["name", { name: "orders/1" }],
  ["name", { name: "x".repeat(48) }],
  ["group", { group: "" }],
  ["group", { group: "ä" }],
  ["group", { group: "g".repeat(65) }],
  ["target", { target: undefined }],
  ["target", { target: null }],
  ["target", target({ role: TARGET.roleArn })],
  ["target.arn", target({ arn: "inbox-drain" })],
  ["target.arn", target({ arn: `arn:aws:lambda:eu-central-1:123456789012:${"f".repeat(1_600)}` })],
  ["target.roleArn", target({ roleArn: undefined })],
  ["target.roleArn", target({ roleArn: TARGET.arn })],
  ["target.roleArn", target({ roleArn: "arn:aws:iam::12345:role/tick" })],
  ["target.roleArn", target({ roleArn: `${TARGET.roleArn}${"k".repeat(1_600)}` })],
  ["target.input", target({ input: "inbox" })],
  ["target.input", target({ input: ["inbox"] })],
  ["target.input", target({ input: circular })],
  ["target.deadLetterArn", target({ deadLetterArn: "" })],
  ["target.deadLetterArn", target({ deadLetterArn: "https://sqs.eu-central-1.amazonaws.com/1/q" })],
  ["target.retryPolicy", retries({ attempts: 3 })],
  ["target.retryPolicy.maxAge", retries({ maxAge: "59 s" })],
  ["target.retryPolicy.maxAge", retries({ maxAge: "25 h" })],
  ["target.retryPolicy.maxAge", retries({ maxAge: 60_500 })],
  ["target.retryPolicy.maxAttempts", retries({ maxAttempts: -1 })],
  ["target.retryPolicy.maxAttempts", retries({ maxAttempts: 186 })],
  ["target.retryPolicy.maxAttempts", retries({ maxAttempts: 1.5 })],
  ["expression", { expression: "rate(0 minutes)" }],
  ["expression", { expression: "rate(1 minute)", cadence: {} }],
  ["cadence", { cadence: { step: [] } }],
  ["cadence.steps", { cadence: { steps: ["rate(1 minute)"] } }],
  ["cadence.steps", { cadence: { steps: "rate(1 minute)" } }],
  ["cadence.steps", { cadence: { steps: ["rate(1 minute)", "rate(1 minute)"] } }],
  ["cadence.steps[1]", { cadence: { steps: ["rate(1 minute)", "rate(1 m)"] } }],
  ["cadence.patience", { cadence: { patience: "2 d" } }],
  ["timeZone", { timeZone: "Vienna" }],
  ["timeZone", { timeZone: "+01:00" }],
  ["timeZone", { timeZone: "" }],
  ["flexibleWindow", { flexibleWindow: "30 s" }],
  ["flexibleWindow", { flexibleWindow: "1441 m" }],
  ["flexibleWindow", { flexibleWindow: -60_000 }],
  ["start", { start: "2026-11-21" }],
  ["start", { start: new Date(Number.NaN) }],
  ["end", { end: new Date(8.6e15) }],
  ["start", { start: new Date("2027-01-02"), end: new Date("2027-01-02") }],
  ["description", { description: "d".repeat(513) }],
  ["kmsKeyArn", { kmsKeyArn: "alias/key" }],
  ["soonest", { soonest: "2 d" }],
  ["timeout", { timeout: 0 }],
  ["groupName", { groupName: "drains" }],
];

test.each(WRONG)("a wrong `%s` is refused by its name, before any call: %j", (option, given) => {
  expect(() => make(given)).toThrow(OptionError);
  expect(() => make(given)).toThrow(`\`${option}\``);
});

test("what the service takes at its limits is taken, and the service takes it", async () => {
  const double = await doubleFor();
  const limits: readonly Partial<EventBridgeOptions>[] = [
    { name: "n".repeat(47), group: "default", description: "d".repeat(512) },
    { name: "_.-0aZ", description: "", flexibleWindow: "1 m" },
    { name: "window", flexibleWindow: "1 d", timeZone: "America/Argentina/ComodRivadavia" },
    { name: "never", start: new Date("2199-12-30"), end: new Date("2199-12-31") },
    {
      name: "least",
      ...target({ retryPolicy: { maxAge: 60_000, maxAttempts: 0 }, input: {} }),
    },
    {
      name: "most",
      kmsKeyArn: "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab",
      ...target({
        arn: "arn:aws:scheduler:::aws-sdk:lambda:invoke",
        roleArn: `arn:aws:iam::123456789012:role/${"k".repeat(1_600 - 31)}`,
        retryPolicy: { maxAge: "24 h", maxAttempts: 185 },
        deadLetterArn: "arn:aws:sqs:eu-central-1:123456789012:failed-ticks",
      }),
    },
  ];
  for (const options of limits) {
    expect(await bridgeTo(double, options).ensureSchedule()).toBe("created");
    const { at } = await bridgeTo(double, options).wakeAt(new Date(double.now() + 3_600_000));
    expect(at.toISOString()).toBe("2026-11-21T10:01:00.000Z");
  }
});

test("ARNs of other partitions are taken", () => {
  for (const partition of ["aws-cn", "aws-us-gov", "aws-iso-b"]) {
    make(target({ roleArn: `arn:${partition}:iam::123456789012:role/tick` }));
  }
});

test("an end that is over is refused when the schedule is ensured, before any call", async () => {
  const { ensureSchedule } = make({ end: new Date("2020-01-01") });
  await expect(ensureSchedule()).rejects.toThrow("Expected `end` to be in the future.");
});

test("a time that is none is refused by wakeAt, before any call", async () => {
  for (const time of [new Date(Number.NaN), new Date(8e15), "soon" as unknown as Date]) {
    await expect(make({}).wakeAt(time)).rejects.toThrow(OptionError);
  }
});
