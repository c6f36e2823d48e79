import { expect, test } from "vitest";
import { diagnose } from "../../src/doctor/diagnose.ts";
import { examine } from "../../src/doctor/examine.ts";
import type { Facts } from "../../src/doctor/facts.ts";
import { readClients } from "../../src/doctor/server.ts";
import { createQueue, OptionError } from "../../src/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { factsOf, groupOf, NOW, passOf, serverOf, statsOf } from "./facts.ts";
import { findingOf, idsOf } from "./support.ts";

const HOUR_MS = 3_600_000;

test("facts of a healthy queue give no finding", () => {
  expect(diagnose(factsOf())).toEqual([]);
});

test("a server older than 7.0 is a problem, one that does not tell its version is none", () => {
  const like = (version: string) =>
    idsOf(diagnose(factsOf({ server: serverOf({ info: new Map([["redis_version", version]]) }) })));
  expect(like("6.2.14")).toEqual(["server-too-old"]);
  expect(like("7.0.0")).toEqual([]);
  expect(like("8.2.1")).toEqual([]);
});

test("consumers leak where fifty own nothing and did nothing for an hour", () => {
  const leaking = (count: number, idleMs: number, pending = 0) => {
    const consumerList = Array.from({ length: count }, (_, n) => ({
      ...{ name: `worker-${n}`, kind: "foreign" as const },
      ...{ pending, idleMs },
    }));
    return idsOf(diagnose(factsOf({ groups: [groupOf({ drained: false, consumerList })] })));
  };
  expect(leaking(50, HOUR_MS)).toEqual(["consumers-leaking"]);
  expect(leaking(49, HOUR_MS)).toEqual([]);
  expect(leaking(50, HOUR_MS - 1)).toEqual([]);
  expect(leaking(50, HOUR_MS, 1)).toEqual([]);
});

test("a client whose library sends again by itself is worth a note where it sends with XADD", () => {
  const listed = [
    "id=3 addr=127.0.0.1:5 name= age=1 idle=0 flags=N db=0 cmd=xadd user=default lib-name=ioredis lib-ver=5.6",
    "id=4 addr=127.0.0.1:6 name= age=1 idle=0 flags=N db=0 cmd=evalsha user=default lib-name=redis-py",
    "id=5 addr=127.0.0.1:7 name= age=1 idle=0 flags=N db=0 cmd=xadd user=default lib-name=own",
  ];
  const findings = diagnose(
    factsOf({ server: serverOf({ clients: readClients(`${listed.join("\n")}\n`) }) }),
  );
  expect(idsOf(findings)).toEqual(["client-may-retry"]);
  expect(findings[0]).toMatchObject({
    severity: "note",
    what: "1 connection with ioredis sends with XADD.",
  });
});

test("what xdrain sent, and what is apart by more than a moment, is not taken for sent twice", () => {
  const newest = (fields: readonly string[], apartMs: number) =>
    idsOf(
      diagnose(
        factsOf({
          newest: [
            { id: `${NOW}-0`, fields },
            { id: `${NOW - apartMs}-0`, fields },
          ],
        }),
      ),
    );
  expect(newest(["a", "1"], 1_000)).toEqual(["hidden-retries"]);
  expect(newest(["a", "1"], 60_000)).toEqual([]);
  expect(newest(["xd:d", "1"], 1_000)).toEqual([]);
});

/** Ten seconds in which 1,000 came and 400 were done, of half a second each. */
function watched(seen: Partial<Facts> = {}): Facts {
  const group = groupOf({ entriesRead: 5_000, pending: 50, lag: 2_000, lastDelivered: "1-0" });
  // 450 were read: 20 more are pending, and 30 more parked.
  const { consumerList: _, ...after } = { ...group, entriesRead: 5_450, pending: 70 };
  const stream = { length: 2_050, added: 7_000, firstId: "1-0", lastId: `${NOW - 1}-0` };
  return factsOf({
    stream,
    groups: [group],
    stats: statsOf({
      ready: 2_000,
      readyIsExact: false,
      parked: 10,
      handlerTime: { bounds: [1], counts: [400, 0], sumMs: 200_000 },
    }),
    later: {
      now: NOW + 10_000,
      stream: { ...stream, added: 8_000 },
      parked: 40,
      groups: new Map([["xdrain", after]]),
    },
    ...seen,
  });
}

test("a longer watch shows the pace, and how much concurrency would do", () => {
  const finding = findingOf(diagnose(watched()), "falling-behind");
  expect(finding.what).toBe(
    "2,000 messages wait, and more come than are done: 100 a second against 40, over 10 seconds.",
  );
  // 100 a second of half a second each are 50 at once, and a quarter more.
  expect(finding.mend).toContain("--concurrency 63  # at 500 ms a message, 63 at once will do");
  expect(finding.mend).toContain("or 7 passes side by side with 10");
});

test("passes that seldom run are told, since more concurrency would not help them", () => {
  const passes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((minutesAgo) =>
    passOf({ at: new Date(NOW - minutesAgo * 60_000), elapsedMs: 6_000 }),
  );
  const { mend } = findingOf(diagnose(watched({ passes })), "falling-behind");
  expect(mend).toContain("passes ran 11 % of the time");
});

test("a queue that keeps up is not said to fall behind", () => {
  const facts = watched();
  const later = facts.later as NonNullable<Facts["later"]>;
  const group = later.groups.get("xdrain") as NonNullable<ReturnType<typeof later.groups.get>>;
  const quick = { ...later, groups: new Map([["xdrain", { ...group, entriesRead: 6_100 }]]) };
  expect(idsOf(diagnose({ ...facts, later: quick }))).not.toContain("falling-behind");
});

test("a queue in memory is refused", async () => {
  const queue = createQueue({ name: "orders", store: memoryStore() });
  const looked = examine(queue, { watchMs: 0, groupIsNamed: false });
  await expect(looked).rejects.toThrow(OptionError);
});

test("names of others cannot break out of the commands that are shown", () => {
  const queue = { ...factsOf().queue, stream: "a'; reboot #", name: "a'; reboot #" };
  const [finding] = diagnose(factsOf({ queue, streamIs: "other", groups: [], stream: undefined }));
  expect(finding?.mend).toBe(
    "redis-cli TYPE 'a'\\''; reboot #'  # then give the queue another name",
  );
});

test("a limit of memory is only raised as far as the machine goes", () => {
  const finding = (used: number, maxmemory: number, machine: number) => {
    const numbers = { used_memory: used, maxmemory, total_system_memory: machine };
    const info = new Map(Object.entries(numbers).map(([name, mb]) => [name, String(mb * 2 ** 20)]));
    return diagnose(factsOf({ server: serverOf({ info }) }))[0];
  };
  expect(finding(90, 100, 1_000)?.mend).toMatch(/^redis-cli CONFIG SET maxmemory 180mb/);
  expect(finding(900, 1_000, 1_100)?.mend).toMatch(/^redis-cli MEMORY DOCTOR/);
  expect(finding(900, 0, 1_000)).toMatchObject({
    what: "Redis uses 90 % of the machine's memory, and may take more.",
    mend: expect.stringMatching(/^redis-cli MEMORY DOCTOR/),
  });
  expect(finding(900, 2_000, 1_000)?.id).toBe("memory-nearly-full");
  expect(finding(700, 0, 1_000)).toBe(undefined);
});

test("entries that are nearly all alike are a note, since their producer may send ticks", () => {
  const newest = (count: number, others: number) => {
    const ids = Array.from({ length: count + others }, (_, n) => `${NOW - n}-0`);
    const entries = ids.map((id, n) => ({ id, fields: ["a", n < count ? "tick" : String(n)] }));
    return findingOf(diagnose(factsOf({ newest: entries })), "hidden-retries").severity;
  };
  expect(newest(10, 2)).toBe("note");
  expect(newest(2, 10)).toBe("warning");
  expect(newest(2, 0)).toBe("warning");
});

test("what a dead pass left is no finding while passes take it back, ten at a time", () => {
  const entry = { id: "1-0", consumer: "xd:dead", idleMs: 3_600_000, deliveries: 1 };
  const idsWith = (suspects: { readonly pending: number; readonly idleMs: number }) => {
    const consumerList = [{ name: "xd:suspects", kind: "suspects", ...suspects } as const];
    const group = groupOf({ pending: 1, oldestPending: [entry], consumerList });
    return idsOf(diagnose(factsOf({ groups: [group] })));
  };
  expect(idsWith({ pending: 9, idleMs: 1_000 })).not.toContain("pending-unclaimed");
  expect(idsWith({ pending: 9, idleMs: 3_600_000 })).toContain("pending-unclaimed");
  expect(idsWith({ pending: 0, idleMs: 1_000 })).toContain("pending-unclaimed");
});
