import { expect, test } from "vitest";
import { type EventBridge, SCHEDULE_ACTIONS } from "../../src/eventbridge/index.ts";
import type { SchedulerDouble } from "./scheduler-double.ts";
import { bridgeTo, doubleFor, reportWith } from "./support.ts";

const MINUTE = 60_000;

type Use = (bridge: EventBridge, double: SchedulerDouble) => Promise<unknown>;

/** Each operation in a way that needs all of its calls, on a schedule that is there. */
const USES: Readonly<Record<keyof typeof SCHEDULE_ACTIONS, Use>> = {
  ensureSchedule: async (bridge, double) => {
    const found = double.get("orders");
    await bridge.ensureSchedule(); // updates
    double.schedules.clear();
    await bridge.ensureSchedule(); // creates
    if (found === undefined) expect.fail("There was nothing to update.");
  },
  wakeAt: (bridge, double) => bridge.wakeAt(new Date(double.now() + 20 * MINUTE)),
  follow: (bridge) => bridge.follow(reportWith({ claimed: 1 })),
  // Already at the step of a busy queue: only the wake is left to do.
  afterPass: async (bridge, double) => {
    const found = double.get("orders");
    if (found !== undefined) double.put("orders", { ...found, ScheduleExpression: STEPS[0] });
    await bridge.afterPass(
      reportWith({ claimed: 1, nextDueAt: new Date(double.now() + 20 * MINUTE) }),
    );
  },
  pause: (bridge) => bridge.pause(),
  resume: async (bridge, double) => {
    const found = double.get("orders");
    if (found !== undefined) double.put("orders", { ...found, State: "DISABLED" });
    await bridge.resume();
  },
  remove: (bridge) => bridge.remove(),
  list: (bridge) => bridge.list(),
};

const STEPS = ["rate(30 minutes)", "rate(1 hour)"] as const;

/** A schedule of somebody, with a wake, and a bridge whose options differ from it. */
async function prepared() {
  const double = await doubleFor();
  await bridgeTo(double, { expression: "rate(1 hour)" }).ensureSchedule();
  await bridgeTo(double).wakeAt(new Date(double.now() + 10 * MINUTE));
  double.requests.length = 0;
  const bridge = bridgeTo(double, { cadence: { steps: STEPS }, description: "Orders" });
  return { double, bridge };
}

const names = Object.keys(USES) as (keyof typeof USES)[];

test.each(names)("%s makes the calls that its rights name, and no other", async (name) => {
  const { double, bridge } = await prepared();
  await USES[name](bridge, double);
  const calls = new Set(double.requests.map((operation) => `scheduler:${operation}`));
  const writes = ["scheduler:CreateSchedule", "scheduler:UpdateSchedule"];
  if (writes.some((action) => calls.has(action))) calls.add("iam:PassRole");
  expect([...calls].sort()).toEqual([...SCHEDULE_ACTIONS[name]].sort());
});

test.each(names)(
  "%s works with the rights that are named for it, and without any is denied",
  async (name) => {
    const { double, bridge } = await prepared();
    double.rights.clear();
    await expect(USES[name](bridge, double)).rejects.toMatchObject({ code: "denied" });
    for (const right of SCHEDULE_ACTIONS[name]) double.rights.add(right);
    await USES[name](bridge, double);
  },
);
