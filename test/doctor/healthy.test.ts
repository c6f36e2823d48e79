import { expect, onTestFinished } from "vitest";
import { diagnose } from "../../src/doctor/diagnose.ts";
import { examine } from "../../src/doctor/examine.ts";
import { createQueue, drain, type Queue, type Store } from "../../src/index.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";
import { findingOf, HEALTHY, openPatient, openStore, type Patient, WAYS } from "./support.ts";

const USER = ["on", ">secret-password", "~orders", "~{orders}:xd:*", "+@read", "+@write"];
const RIGHTS = ["+@scripting", "+@connection", "-@dangerous", "+info", "+time", "+acl|whoami"];

async function addReplica({ url, redis }: Patient): Promise<void> {
  const other = await privateRedis(HEALTHY);
  const replica = connectRaw(other.url);
  onTestFinished(() => replica.disconnect());
  const { hostname, port } = new URL(url);
  await replica.call("REPLICAOF", hostname, port);
  while (!(await redis.info()).includes("connected_slaves:1")) await redis.ping();
}

for (const way of WAYS) {
  serverTest(`over ${way}, nothing is found with a healthy queue`, async () => {
    const patient = await openPatient(way);
    await addReplica(patient);
    await patient.call("ACL", "SETUSER", "xdrain", "reset", ...USER, ...RIGHTS);
    const url = patient.url.replace("redis://", "redis://xdrain:secret-password@");
    const queue = createQueue({ name: "orders", store: await openStore(way, url) });
    const states = [
      () => queue.send("waits"),
      () => queue.send("waits for its time", { delay: "1 h" }),
      () => drain(queue, () => {}, { linger: false }),
      () => queue.send("is worked on"),
      () => patient.call("XREADGROUP", "GROUP", "xdrain", "xd:pass", "STREAMS", "orders", ">"),
    ];
    for (const state of states) {
      await state();
      const facts = await examine(queue, { watchMs: 1, groupIsNamed: false });
      expect(diagnose(facts)).toEqual([]);
      expect(JSON.stringify(facts)).not.toContain("secret-password");
    }
  });

  serverTest(
    `over ${way}, completed entries that are kept on purpose are not taken for lost`,
    async () => {
      const patient = await openPatient(way);
      for (const options of [{ retention: { age: "1 h" } }, { shared: true }] as const) {
        const queue = createQueue({
          name: `kept-${Object.keys(options)}`,
          store: patient.store,
          ...options,
        });
        await queue.sendBatch([1, 2, 3].map((payload) => ({ payload })));
        await drain(queue, () => {}, { linger: false });
        const plain = createQueue({ name: queue.name, store: patient.store });
        const found = (await patient.find({ queue: plain })).map(({ id }) => id);
        expect(found).not.toContain("hidden-entries");
      }
    },
  );

  serverTest(`over ${way}, a busy queue has no more to show than a quiet one`, async () => {
    const patient = await openPatient(way);
    const quiet = (await patient.find({ meanwhile: async () => {} })).map(({ id }) => id);
    const busy = await patient.find({
      async meanwhile() {
        await patient.queue.sendBatch([...Array(200).keys()].map((payload) => ({ payload })));
        await drain(patient.queue, () => {}, { linger: false, maxMessages: 120 });
      },
    });
    expect(busy.map(({ id }) => id)).toEqual(quiet);
  });

  serverTest(
    `over ${way}, a look costs the same few round trips and commands whatever there is`,
    async () => {
      const patient = await openPatient(way);
      const cost = { trips: 0, commands: 0 };
      const store = counting(patient.store, cost);
      const queue = createQueue({ name: "orders", store });
      await patient.find({ queue });
      expect(cost.trips).toBe(2);
      await patient.find({ queue, meanwhile: async () => {} });
      expect(cost.trips).toBe(5);
      const fill = `for i=1,300 do redis.call('XADD',KEYS[1],'*','n',i)
      redis.call('SET','other:'..i,i) end
      for g=1,20 do redis.call('XGROUP','CREATE',KEYS[1],'g'..g,'0')
      redis.call('XREADGROUP','GROUP','g'..g,'c','STREAMS',KEYS[1],'>') end`;
      await patient.call("EVAL", fill, 1, "orders");
      Object.assign(cost, { trips: 0, commands: 0 });
      await patient.find({ queue, meanwhile: async () => {} });
      // One more: of what is pending some is looked for.
      expect(cost.trips).toBe(4);
      expect(cost.commands).toBeLessThanOrEqual(200);
    },
  );
}

/** What is as it should be, and looks like something else. */
const INNOCENT: readonly {
  readonly what: string;
  readonly not: string;
  make(patient: Patient): Promise<Queue<unknown>>;
}[] = [
  {
    what: "a group that joins late, and begins at 0",
    not: "maxlen-below-backlog",
    async make({ queue, call }) {
      await call("XGROUP", "CREATE", "orders", "audit", "0");
      await queue.send(1);
      return queue;
    },
  },
  {
    what: "a queue that is replayed from its begin on",
    not: "maxlen-below-backlog",
    async make({ queue }) {
      await queue.send(1);
      await queue.replay({ from: "0" });
      return queue;
    },
  },
  {
    what: "a queue that begins at its end on purpose",
    not: "group-created-at-end",
    async make({ store, call }) {
      await call("XADD", "events", "*", "a", "1");
      const queue = createQueue({ name: "events", store, start: "$" });
      await drain(queue, () => {}, { linger: false });
      return createQueue({ name: "events", store });
    },
  },
  {
    what: "a queue that was used, and has nothing at all now",
    not: "nobody-sends",
    make: async ({ queue }) => queue,
  },
  {
    what: "an old message that a pass without statistics works on",
    not: "no-passes",
    async make({ store, call }) {
      const queue = createQueue({ name: "events", store, statistics: false });
      for (const n of [1, 2])
        await call("XADD", "events", `${Date.now() - 3_600_000}-${n}`, "a", n);
      await drain(queue, () => {}, { linger: false, maxMessages: 1 });
      await call("XGROUP", "CREATECONSUMER", "events", "xdrain", "xd:pass");
      return queue;
    },
  },
];

for (const way of WAYS) {
  for (const { what, not, make } of INNOCENT) {
    serverTest(`over ${way}, ${what} is not said to be ${not}`, async () => {
      const patient = await openPatient(way);
      const queue = await make(patient);
      expect((await patient.find({ queue })).map(({ id }) => id)).not.toContain(not);
    });
  }

  serverTest(
    `over ${way}, what is completed during the look is not said to be trimmed`,
    async () => {
      const { queue, store, call } = await openPatient(way);
      for (const n of [1, 2]) await call("XADD", "orders", "*", "a", n);
      await call("XREADGROUP", "GROUP", "xdrain", "xd:pass", "STREAMS", "orders", ">");
      const pending = (await call("XPENDING", "orders", "xdrain", "-", "+", 2)) as [string][];
      const last = pending[1]?.[0] ?? "";
      const read: NonNullable<Store["read"]> = async (commands, limits) => {
        if (commands.some(([name]) => name === "XRANGE")) {
          await call("XACK", "orders", "xdrain", last);
          await call("XDEL", "orders", last);
        }
        return (await store.read?.(commands, limits)) ?? [];
      };
      const looked = createQueue({ name: queue.name, store: { ...store, read } });
      const facts = await examine(looked, { watchMs: 0, groupIsNamed: false });
      expect(facts.groups[0]?.oldestPending.length).toBe(2);
      expect(diagnose(facts).map(({ id }) => id)).not.toContain("payloads-trimmed");
    },
  );
}

serverTest("where not all is seen, no command is named that removes what is not done", async () => {
  const patient = await openPatient("TCP");
  const { call, store } = patient;
  const add = "for i=1,10001 do redis.call('XADD',KEYS[1],'*','n',i) end";
  await call("EVAL", add, 1, "events");
  await call("XGROUP", "CREATE", "events", "a", "0");
  await call("XREADGROUP", "GROUP", "a", "worker", "COUNT", 1, "STREAMS", "events", ">");
  await call("XGROUP", "SETID", "events", "a", "$", "ENTRIESREAD", 10_001);
  const mendOf = async (queue: Queue<unknown>) =>
    findingOf(await patient.find({ queue }), "stream-only-grows").mend;
  const [[pending]] = (await call("XPENDING", "events", "a", "-", "+", 1)) as [[string]];
  const queue = createQueue<unknown>({ name: "events", group: "a", store });
  expect(await mendOf(queue)).toContain(`XTRIM events MINID ${pending} `);

  await call("ACL", "SETUSER", "blind", "on", ">pw", "~*", "+@all", "-xpending");
  const url = patient.url.replace("redis://", "redis://blind:pw@");
  const blind = createQueue<unknown>({
    ...{ name: "events", group: "a" },
    store: await openStore("TCP", url),
  });
  expect(await mendOf(blind)).toMatch(/^xdrain drain/);

  await call("ACL", "SETUSER", "blind", "+xpending", "-xinfo|consumers");
  expect(await mendOf(blind)).toMatch(/^xdrain drain/);

  for (const group of "bcdefghi") await call("XGROUP", "CREATE", "events", group, "$");
  expect(await mendOf(queue)).toMatch(/^xdrain drain/);
  const { unseen } = await patient.look({ queue });
  expect(unseen).toMatchObject([{ what: "1 more of its consumer groups" }]);
});

function counting(store: Store, cost: { trips: number; commands: number }): Store {
  const read: NonNullable<Store["read"]> = async (commands, limits) => {
    cost.trips += 1;
    cost.commands += commands.length;
    return (await store.read?.(commands, limits)) ?? [];
  };
  return { ...store, read };
}

serverTest("what a token may not see is a fact, and no failure", async () => {
  const patient = await openPatient("TCP");
  const { call } = patient;
  for (const rights of [["+@read"], ["+xlen", "+time"]]) {
    await call("ACL", "SETUSER", "blind", "reset", "on", ">pw", "~*", ...rights);
    const url = patient.url.replace("redis://", "redis://blind:pw@");
    const queue = createQueue({ name: "orders", store: await openStore("TCP", url) });
    const facts = await examine(queue, { watchMs: 1, groupIsNamed: true });
    expect(facts.unseen.length).toBeGreaterThan(2);
    for (const { why } of facts.unseen)
      expect(why).toMatch(/^(NOPERM|not listed: how many is not known)/);
    const ids = diagnose(facts).map(({ id }) => id);
    expect(ids.filter((id) => id !== "clock-off")).toEqual([]);
  }
  await call("ACL", "SETUSER", "blind", "reset", "on", ">pw", "~*", "+ping");
  const url = patient.url.replace("redis://", "redis://blind:pw@");
  const queue = createQueue({ name: "orders", store: await openStore("TCP", url) });
  const refused = examine(queue, { watchMs: 0, groupIsNamed: true });
  await expect(refused).rejects.toMatchObject({ code: "store_unauthorized" });
});
