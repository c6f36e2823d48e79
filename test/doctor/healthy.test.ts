import { expect, onTestFinished } from "vitest";
import { diagnose } from "../../src/doctor/diagnose.ts";
import { examine } from "../../src/doctor/examine.ts";
import { createQueue, drain, type Store } from "../../src/index.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";
import { HEALTHY, openPatient, openStore, type Patient, WAYS } from "./support.ts";

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
    for (const { why } of facts.unseen) expect(why).toMatch(/^NOPERM/);
    const ids = diagnose(facts).map(({ id }) => id);
    expect(ids.filter((id) => id !== "clock-off")).toEqual([]);
  }
  await call("ACL", "SETUSER", "blind", "reset", "on", ">pw", "~*", "+ping");
  const url = patient.url.replace("redis://", "redis://blind:pw@");
  const queue = createQueue({ name: "orders", store: await openStore("TCP", url) });
  const refused = examine(queue, { watchMs: 0, groupIsNamed: true });
  await expect(refused).rejects.toMatchObject({ code: "store_unauthorized" });
});
