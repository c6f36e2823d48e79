import type { Redis } from "ioredis";
import { expect, onTestFinished } from "vitest";
import { diagnose } from "../../src/doctor/diagnose.ts";
import { examine } from "../../src/doctor/examine.ts";
import { createQueue, drain } from "../../src/index.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";
import {
  findingOf,
  HEALTHY,
  idsOf,
  mend as mendIt,
  openPatient,
  openStore,
  type Patient,
  WAYS,
  words,
} from "./support.ts";

interface Case {
  readonly what: string;
  readonly id: string;
  readonly severity: "problem" | "warning" | "note";
  readonly mend: RegExp;
  provoke(patient: Patient): Promise<unknown>;
}

const set = (name: string, value: string | number) => (patient: Patient) =>
  patient.call("CONFIG", "SET", name, value);

const CASES: readonly Case[] = [
  {
    what: "an eviction policy that may drop the stream",
    id: "eviction",
    severity: "problem",
    mend: /^redis-cli CONFIG SET maxmemory-policy noeviction/,
    provoke: set("maxmemory-policy", "allkeys-lru"),
  },
  {
    what: "an eviction policy that may drop records of done work",
    id: "eviction",
    severity: "warning",
    mend: /^redis-cli CONFIG SET maxmemory-policy noeviction/,
    provoke: set("maxmemory-policy", "volatile-ttl"),
  },
  {
    what: "an eviction policy without a limit of memory",
    id: "eviction",
    severity: "note",
    mend: /^redis-cli CONFIG SET maxmemory-policy noeviction/,
    provoke: (patient) =>
      patient.call("CONFIG", "SET", "maxmemory", 0, "maxmemory-policy", "allkeys-lru"),
  },
  {
    what: "a memory that is nearly full",
    id: "memory-nearly-full",
    severity: "warning",
    mend: /^redis-cli CONFIG SET maxmemory \d+mb/,
    provoke: (patient) => limitMemory(patient, 1.15),
  },
  {
    what: "a memory that is full",
    id: "memory-nearly-full",
    severity: "problem",
    mend: /^redis-cli CONFIG SET maxmemory \d+mb/,
    provoke: (patient) => limitMemory(patient, 0.9),
  },
  {
    what: "a cache in the same database",
    id: "cache-beside-queue",
    severity: "warning",
    mend: /^redis-server --port 6380/,
    async provoke({ call }) {
      for (let n = 0; n < 8; n += 1) await call("SET", `page:${n}`, "…", "EX", 600);
    },
  },
  {
    what: "snapshots alone",
    id: "persistence-by-snapshots",
    severity: "warning",
    mend: /^redis-cli CONFIG SET appendonly yes/,
    async provoke({ call, redis }) {
      await call("CONFIG", "SET", "appendonly", "no", "save", "900 1");
      await call("BGSAVE");
      await until(redis, "rdb_bgsave_in_progress:0");
    },
  },
];

for (const way of WAYS) {
  for (const { what, id, severity, mend, provoke } of CASES) {
    serverTest(`over ${way}, ${what}: ${id}`, async () => {
      const patient = await openPatient(way);
      expect(idsOf(await patient.find())).not.toContain(id);
      await provoke(patient);
      const finding = findingOf(await patient.find(), id);
      expect(finding).toMatchObject({ severity, mend: expect.stringMatching(mend) });
      if (finding.mend.startsWith("redis-server")) return; // another server, and the queue moves there
      await mendIt(patient, finding);
      await untilWritten(patient.redis);
      expect(idsOf(await patient.find())).not.toContain(id);
    });
  }

  serverTest(`over ${way}, persistence that is off: as far as it can be seen`, async () => {
    const patient = await openPatient(way, []);
    expect(findingOf(await patient.find(), "persistence-off")).toMatchObject({
      // What is configured does not show over REST.
      severity: way === "TCP" ? "problem" : "warning",
      mend: expect.stringMatching(/^redis-cli CONFIG SET appendonly yes/),
    });
    await mendIt(patient, findingOf(await patient.find(), "persistence-off"));
    await untilWritten(patient.redis);
    expect(idsOf(await patient.find())).not.toContain("persistence-off");
  });

  serverTest(`over ${way}, a disk that cannot be written to`, async () => {
    // A folder of that name is where the snapshot would go.
    const patient = await openPatient(way, [...HEALTHY, "--dbfilename", "appendonlydir"]);
    expect(idsOf(await patient.find())).not.toContain("persistence-failing");
    await patient.call("BGSAVE");
    await until(patient.redis, "rdb_last_bgsave_status:err");
    expect(findingOf(await patient.find(), "persistence-failing")).toMatchObject({
      severity: "problem",
      mend: expect.stringMatching(/^redis-cli INFO persistence/),
    });
  });

  serverTest(`over ${way}, a server without a replica, and one that is a replica`, async () => {
    const patient = await openPatient(way);
    const other = await privateRedis(HEALTHY);
    expect(findingOf(await patient.find(), "no-replica").severity).toBe("warning");
    const replica = connectRaw(other.url);
    onTestFinished(() => replica.disconnect());
    await follow(replica, patient.redis, patient.url);
    expect(idsOf(await patient.find())).not.toContain("no-replica");
    const queue = createQueue({ name: "orders", store: await openStore(way, other.url) });
    const facts = await examine(queue, { watchMs: 0, groupIsNamed: false });
    expect(findingOf(diagnose(facts), "connected-to-replica").severity).toBe("problem");
  });

  serverTest(`over ${way}, a clock that is far off`, async () => {
    const patient = await openPatient(way);
    expect(idsOf(await patient.find())).not.toContain("clock-off");
    for (const [offMs, severity] of [
      [20_000, "warning"],
      [-600_000, "problem"],
    ] as const) {
      const store = { ...patient.store, now: () => patient.store.now() + offMs };
      const findings = await patient.find({ queue: createQueue({ name: "orders", store }) });
      const finding = findingOf(findings, "clock-off");
      expect(finding.severity).toBe(severity);
      expect(finding.what).toMatch(offMs > 0 ? /seconds behind/ : /minutes ahead of/);
    }
  });
}

serverTest(
  "over TCP, a token with too many rights; the user that the finding names has none",
  async () => {
    const patient = await openPatient("TCP");
    const finding = findingOf(await patient.find(), "too-many-rights");
    expect(finding).toMatchObject({ severity: "warning" });
    expect(finding.what).toBe("The user default may run FLUSHALL, CONFIG, SHUTDOWN.");
    const [program, ...command] = words(finding.mend);
    expect(program).toBe("redis-cli");
    await patient.call("ACL", ...command.slice(1));
    const url = patient.url.replace("redis://", "redis://xdrain:PASSWORD@");
    const queue = createQueue({ name: "orders", store: await openStore("TCP", url) });
    await queue.send("one");
    await queue.send("two", { delay: 1 });
    await drain(queue, () => {}, { linger: false });
    await queue.stats();
    const facts = await examine(queue, { watchMs: 0, groupIsNamed: false });
    expect(idsOf(diagnose(facts))).toEqual(["no-replica"]);
    const elsewhere = createQueue({ name: "others", store: queue.resolved.store });
    await expect(elsewhere.send(1)).rejects.toThrow(/NOPERM|can't access/);
  },
);

serverTest("over TCP, a user that may run one such command is told by name", async () => {
  const patient = await openPatient("TCP");
  await patient.call("ACL", "SETUSER", "half", "on", ">pw", "~*", "+@all", "-@dangerous");
  await patient.call("ACL", "SETUSER", "half", "+acl", "+config", "+info");
  const url = patient.url.replace("redis://", "redis://half:pw@");
  const queue = createQueue({ name: "orders", store: await openStore("TCP", url) });
  const facts = await examine(queue, { watchMs: 0, groupIsNamed: false });
  const finding = findingOf(diagnose(facts), "too-many-rights");
  expect(finding.what).toBe("The user half may run CONFIG.");
});

serverTest("over TCP, two processes under one consumer name", async () => {
  const patient = await openPatient("TCP");
  const { call, url, store } = patient;
  await call("XGROUP", "CREATE", "events", "workers", "0", "MKSTREAM");
  const queue = createQueue({ name: "events", group: "workers", store });
  const workers = [connectRaw(url), connectRaw(url)];
  onTestFinished(() => {
    for (const worker of workers) worker.disconnect();
  });
  const readAs = (worker: Redis | undefined, name: string) =>
    worker?.call("XREADGROUP", "GROUP", "workers", name, "COUNT", 1, "STREAMS", "events", ">");
  for (const n of [1, 2, 3]) await call("XADD", "events", "*", "n", n);
  await readAs(workers[0], "one");
  await readAs(workers[1], "two");
  expect(idsOf(await patient.find({ queue }))).not.toContain("shared-consumer-name");
  await call("XGROUP", "DELCONSUMER", "events", "workers", "two");
  await readAs(workers[1], "one");
  // Another stream is there, and its readers cannot be told apart from these.
  expect(findingOf(await patient.find({ queue }), "shared-consumer-name").severity).toBe("note");
  await call("DEL", "orders");
  const finding = findingOf(await patient.find({ queue }), "shared-consumer-name");
  expect(finding).toMatchObject({ severity: "warning" });
  expect(finding.what).toContain("2 connections read groups, but only 1 consumer name is in use");
});

serverTest("over REST, what only a connection can see is said to be unseen", async () => {
  const patient = await openPatient("REST");
  const { unseen, server } = await patient.look();
  expect(unseen.map(({ what }) => what).sort()).toEqual([
    "what the token may do",
    "when snapshots are made",
    "which clients are connected",
  ]);
  expect(server).toMatchObject({ user: undefined, clients: undefined, snapshots: undefined });
});

serverTest("what a server leaves out of its INFO is said to be unseen", async () => {
  const { store, queue } = await openPatient("TCP");
  const read: NonNullable<typeof store.read> = async (commands, limits) => {
    const answers = (await store.read?.(commands, limits)) ?? [];
    return answers.map((answer, i) =>
      commands[i]?.[0] === "INFO"
        ? { ok: true, reply: "# Server\r\nredis_version:7.2.0\r\nconnected_clients:5000\r\n" }
        : answer,
    );
  };
  const looked = createQueue({ name: queue.name, store: { ...store, read } });
  const { unseen } = await examine(looked, { watchMs: 0, groupIsNamed: false });
  expect(unseen.map(({ what }) => what)).toEqual([
    "whether it evicts",
    "how full the memory is",
    "whether it keeps anything on disk",
    "whether it has replicas",
    "which clients are connected",
  ]);
  expect(unseen.at(-1)?.why).toContain("there are 5000");
});

serverTest(
  "the command against leaking consumers removes those that are idle and own nothing",
  async () => {
    const patient = await openPatient("TCP");
    const { call, store } = patient;
    await call("XGROUP", "CREATE", "events", "workers", "0", "MKSTREAM");
    await call("XADD", "events", "*", "a", "1");
    await call("XREADGROUP", "GROUP", "workers", "busy", "STREAMS", "events", ">");
    const add =
      "for i=1,2001 do redis.call('XGROUP','CREATECONSUMER',KEYS[1],'workers','w'..i) end";
    await call("EVAL", add, 1, "events");
    const queue = createQueue<unknown>({ name: "events", group: "workers", store });
    const { mend } = findingOf(await patient.find({ queue }), "consumers-leaking");
    const [, ...command] = words(mend);
    const run = (idleMs: number) => call(command[0] ?? "", ...command.slice(1, -1), idleMs);
    expect(command.at(-1)).toBe("3600000");
    expect(await run(3_600_000)).toBe(0);
    expect(await run(0)).toBe(2_001);
    expect(await call("XINFO", "CONSUMERS", "events", "workers")).toMatchObject([
      expect.arrayContaining(["busy"]),
    ]);
    expect(idsOf(await patient.find({ queue }))).not.toContain("consumers-leaking");
  },
);

async function limitMemory({ call, redis }: Patient, times: number): Promise<void> {
  const used = /used_memory:(\d+)/.exec(await redis.info("memory"))?.[1];
  await call("CONFIG", "SET", "maxmemory", Math.round(Number(used) * times));
}

/** Waits until INFO tells so; the server does it by itself. */
async function until(redis: Redis, line: string): Promise<void> {
  while (!(await redis.info()).includes(line)) await redis.ping();
}

/** Its first append-only file is written by another process, which ends by itself. */
async function untilWritten(redis: Redis): Promise<void> {
  await until(redis, "aof_rewrite_scheduled:0");
  await until(redis, "aof_rewrite_in_progress:0");
}

async function follow(replica: Redis, master: Redis, url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  await replica.call("REPLICAOF", hostname, port);
  await until(master, "connected_slaves:1");
  await until(replica, "master_link_status:up");
}
