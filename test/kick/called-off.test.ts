import { expect, test } from "vitest";
import type { Clock } from "../../src/index.ts";
import { httpKick } from "../../src/kick/index.ts";
import { systemClock } from "../../src/redis/clock.ts";
import { resolveWake } from "../../src/wake.ts";
import { KEYS } from "../signing/keys.ts";
import { gate, listening, listeningTcp } from "./support.ts";

/** Asks, and calls it off as soon as the time is over: when the test says so. */
async function kickWithin(time: Promise<void>, url: string) {
  const told: unknown[] = [];
  const kick = httpKick({ url, key: KEYS.current, timeout: "60 s" });
  const wake = resolveWake({ kick, onError: (error) => told.push(error) });
  const sleep: Clock["sleep"] = (ms, signal) => (ms > 0 ? time : systemClock.sleep(ms, signal));
  const request = { queue: "orders", depth: 1 };
  const taken = await wake?.kick(request, { ...systemClock, sleep }, Number.POSITIVE_INFINITY);
  return { taken, told };
}

test("a pass whose time is over has asked an app that answers after its own pass", async () => {
  const arrived = gate();
  const host = await listening((request) => request.resume().on("end", arrived.open));
  const end = await kickWithin(arrived.opened, `http://${host}`);
  expect(end).toEqual({ taken: true, told: [] });
});

test("a pass whose time is over before there is a connection has asked nobody", async () => {
  const connected = gate();
  const host = await listeningTcp(connected.open);
  const end = await kickWithin(connected.opened, `https://${host}`);
  expect(end).toMatchObject({ taken: false, told: [{ code: "unavailable" }] });
});
