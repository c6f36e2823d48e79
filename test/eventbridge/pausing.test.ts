import { expect, test } from "vitest";
import type { EventBridgeOptions } from "../../src/eventbridge/index.ts";
import type { DrainReport } from "../../src/index.ts";
import { gate } from "../kick/support.ts";
import type { SchedulerDouble } from "./scheduler-double.ts";
import { bridgeTo, clientOf, doubleFor, reportWith } from "./support.ts";

type Client = EventBridgeOptions["client"];

/** A client that does something around its calls of one kind. */
function clientAround(
  double: SchedulerDouble,
  command: string,
  around: (call: () => Promise<unknown>) => Promise<unknown>,
): Client {
  const client = clientOf(double);
  const send = client.send.bind(client) as (...call: object[]) => Promise<unknown>;
  return {
    send(given: object, options: object) {
      const call = () => send(given, options);
      return given.constructor.name === `${command}Command` ? around(call) : call();
    },
  } as Client;
}

/**
 * Pauses while the end of a pass is under way: that has seen the schedule enabled, and writes when the
 * pause has stopped the ticks and listed the wakes for the first time.
 */
async function pauseAround(
  double: SchedulerDouble,
  write: "UpdateSchedule" | "CreateSchedule",
  options: Partial<EventBridgeOptions>,
  report: Partial<DrainReport>,
) {
  await bridgeTo(double, options).ensureSchedule();
  await double.advanceTo(double.now() + 600_000);
  const looked = gate();
  const goOn = gate();
  const slow = clientAround(double, write, async (call) => {
    looked.open();
    await goOn.opened;
    return call();
  });
  const ended = bridgeTo(double, { ...options, client: slow }).afterPass(reportWith(report));
  await looked.opened;
  const pausing = clientAround(double, "ListSchedules", async (call) => {
    const page = await call();
    goOn.open();
    await ended;
    return page;
  });
  const paused = await bridgeTo(double, { ...options, client: pausing }).pause();
  return { paused, ended: await ended };
}

test("a pause holds although a pass that had looked before it changes the cadence after it", async () => {
  const double = await doubleFor();
  const { paused, ended } = await pauseAround(double, "UpdateSchedule", { cadence: {} }, {});
  expect([paused, ended.cadence]).toEqual(["updated", "updated"]);
  expect(double.get("orders")).toMatchObject({ State: "DISABLED" });
});

test("a pause leaves no wake behind although a pass that had looked before it asks for one after it", async () => {
  const double = await doubleFor();
  const options = { expression: "cron(0/15 * * * ? *)" };
  const nextDueAt = new Date(double.now() + 660_000);
  const report = { claimed: 1, nextDueAt };
  const { ended } = await pauseAround(double, "CreateSchedule", options, report);
  expect(ended.wake).toMatchObject({ created: true });
  expect([...double.schedules.keys()]).toEqual(["default/orders"]);
});
