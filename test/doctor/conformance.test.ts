import { expect, onTestFinished, test } from "vitest";
import type { Promised } from "../../src/doctor/conformance/bench.ts";
import { PROMISES, runConformance } from "../../src/doctor/conformance/run.ts";
import { serveGateway } from "../../src/gateway/index.ts";
import { OptionError, type Store } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { memoryStore } from "../../src/testing.ts";
import { connectRaw, privateRedis, serverTest } from "../support/redis.ts";
import { openStore, WAYS } from "./support.ts";

async function open(way: (typeof WAYS)[number]) {
  const { url } = await privateRedis();
  const redis = connectRaw(url);
  onTestFinished(() => redis.disconnect());
  return { url, redis, store: await openStore(way, url) };
}

for (const way of WAYS) {
  serverTest(`over ${way}, a real server keeps all promises, and no key is left`, async () => {
    const { redis, store } = await open(way);
    await redis.set("theirs", "1");
    const { verdicts, abilities, interrupted } = await runConformance(store);
    expect(verdicts.filter(({ kept }) => !kept)).toEqual([]);
    expect(verdicts).toHaveLength(PROMISES.length);
    expect(abilities.filter(({ enough }) => !enough)).toEqual([]);
    expect(interrupted).toBe(false);
    expect(await redis.keys("*")).toEqual(["theirs"]);
  });

  serverTest(`over ${way}, what fails leaves no key either, and is told`, async () => {
    const { redis, store } = await open(way);
    const failing: Promised = {
      sentence: "It fails half-way",
      async keep({ open: openQueue, lose }) {
        const { queue, send, claim } = openQueue({ keepResults: true });
        await send(1, 2, 3);
        await queue.send(4, { delay: "1 h", idempotencyKey: "k" });
        await claim("xd:pass", 1);
        lose("request", "request", "request");
        await claim("xd:pass", 1);
      },
    };
    const { verdicts } = await runConformance(store, { promises: [failing] });
    expect(verdicts).toMatchObject([{ kept: false, found: expect.stringMatching(/reached/) }]);
    expect(await redis.dbsize()).toBe(0);
  });
}

serverTest("a key that goes and comes again expires, too", async () => {
  const { redis, store } = await open("TCP");
  const left: number[] = [];
  const looking: Promised = {
    sentence: "It parks twice",
    async keep({ open: openQueue }) {
      const { send, claim, turn, keys } = openQueue();
      await send(1);
      for (const pass of ["xd:a", "xd:b"]) {
        const { messages } = await claim(pass);
        const held = messages.map(({ id, delivery }) => ({ id, delivery, key: "" }));
        await turn(pass, { release: held.map((one) => ({ ...one, delayMs: 0 })) });
        left.push(await redis.ttl(keys.parked));
      }
    },
  };
  expect((await runConformance(store, { promises: [looking] })).verdicts[0]?.found).toBe(undefined);
  expect(left.length).toBe(2);
  for (const ttl of left) expect(ttl).toBeGreaterThan(0);
});

serverTest("a process that dies leaves keys that expire by themselves", async () => {
  const { redis, store } = await open("TCP");
  const seen: number[] = [];
  const looking: Promised = {
    sentence: "It looks at what is there",
    async keep({ open: openQueue }) {
      const { queue, send, claim, turn } = openQueue();
      await send(1);
      await queue.send(2, { delay: "1 h" });
      const { messages } = await claim("xd:pass");
      const held = messages.map(({ id, delivery }) => ({ id, delivery, key: "" }));
      await turn("xd:pass", { dead: held.map((one) => ({ ...one, ...STORY })) });
      for (const key of await redis.keys("*")) seen.push(await redis.ttl(key));
    },
  };
  await runConformance(store, { promises: [looking] });
  expect(seen.length).toBeGreaterThanOrEqual(5);
  for (const left of seen) expect(left).toBeGreaterThan(0);
  for (const left of seen) expect(left).toBeLessThanOrEqual(120);
});

const STORY = { reason: "rejected", error: "no", failures: 1 } as const;

/** A server that does something else than what it is asked, and the promises that it breaks. */
const BROKEN: readonly {
  readonly what: string;
  readonly breaks: string;
  readonly change: (command: readonly string[]) => readonly string[];
}[] = [
  {
    what: "forgets what was sent",
    breaks: "A send that comes again stores nothing twice, and tells the same ids",
    change: (command) => replaced(command, ":sent:", `:sent:${Math.random()}`),
  },
  {
    what: "loses the parked set",
    breaks: "What is given back comes again at once, its delivery not counted",
    change: (command) => replaced(command, ":parked", `:parked:${Math.random()}`),
  },
  {
    what: "forgets which keys are done",
    breaks: "Work whose idempotency key is done is completed without running",
    change: (command) => replaced(command, ":keys", `:keys:${Math.random()}`),
  },
];

/** The last key of that kind becomes another one. */
function replaced(command: readonly string[], kind: string, by: string): readonly string[] {
  return command.map((word) =>
    word.startsWith("{xdrain-doctor-") ? word.replace(kind, by) : word,
  );
}

for (const { what, breaks, change } of BROKEN) {
  serverTest(`a server that ${what} is found out`, async () => {
    const { store } = await open("TCP");
    const broken: Store = {
      ...store,
      read: async (commands, limits) => (await store.read?.(commands.map(change), limits)) ?? [],
    };
    const promises = PROMISES.filter(({ sentence }) => sentence === breaks);
    expect((await runConformance(store, { promises })).verdicts).toMatchObject([{ kept: true }]);
    const { verdicts } = await runConformance(broken, { promises });
    expect(verdicts).toMatchObject([{ promise: breaks, kept: false }]);
  });
}

serverTest(
  "a server that is like Upstash keeps all promises, and its limits are told",
  async () => {
    const { url } = await privateRedis();
    const gateway = await serveGateway({
      redis: url,
      token: "a-token",
      stopTimeoutMs: 100,
      likeUpstash: { pendingLimit: 1_000 },
    });
    onTestFinished(() => gateway.close());
    const store = upstash({ url: gateway.url, token: "a-token" });
    const { verdicts, abilities } = await runConformance(store);
    expect(verdicts.filter(({ kept }) => !kept)).toEqual([]);
    expect(abilities.find(({ name }) => name === "pending entries")?.value).toContain("1000");
    expect(abilities.find(({ name }) => name === "flag allow-key-locking")?.value).toMatch(
      /^taken/,
    );
  },
);

serverTest(
  "a user that may not ask for everything can still try, and what is refused is told",
  async () => {
    const { url, redis } = await open("TCP");
    const rights = ["+@read", "+@write", "+@scripting", "+@connection", "+time", "-@dangerous"];
    await redis.call("ACL", "SETUSER", "narrow", "on", ">pw", "~{xdrain-doctor-*", ...rights);
    const store = await openStore("TCP", url.replace("redis://", "redis://narrow:pw@"));
    const { verdicts, abilities } = await runConformance(store);
    expect(verdicts.filter(({ kept }) => !kept)).toEqual([]);
    expect(abilities[0]).toMatchObject({ name: "server", value: "does not tell its version" });
    await redis.call("ACL", "SETUSER", "narrow", "-@scripting");
    await expect(runConformance(store, { promises: [] })).resolves.toMatchObject({
      abilities: expect.arrayContaining([
        { name: "EVALSHA", value: expect.stringMatching(/^no scripts at all/), enough: false },
      ]),
    });
  },
);

serverTest("one that is interrupted says so, and leaves no key", async () => {
  const { redis, store } = await open("TCP");
  const ending = new AbortController();
  const result = await runConformance(store, {
    signal: ending.signal,
    onProgress: () => ending.abort(),
  });
  expect(result.interrupted).toBe(true);
  expect(result.verdicts.length).toBeLessThan(10);
  expect(await redis.dbsize()).toBe(0);
});

test("a store in memory is refused", async () => {
  await expect(runConformance(memoryStore())).rejects.toThrow(OptionError);
});

test("each promise is said once, in words of its own", () => {
  const sentences = PROMISES.map(({ sentence }) => sentence);
  expect(new Set(sentences).size).toBe(sentences.length);
});
