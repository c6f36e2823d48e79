import { expect, onTestFinished, test } from "vitest";
import { createQueue, drain, type SendError, type StoreErrorCode } from "../../src/index.ts";
import { systemClock } from "../../src/redis/clock.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { createRedisStore } from "../../src/redis/store.ts";
import { otherProgram } from "../interop/foreign.ts";
import { privateRedis, serverTest } from "../support/redis.ts";
import { failureOf, SECRET } from "./support.ts";

// Errors as Redis 7, Upstash's troubleshooting pages and its script engine word them.

const wrapped = (text: string) =>
  `ERR Error running script: @user_script:2: ${text}\nstack traceback:\n\t[G]: in function 'call'`;

/** The text, its code, and whether the same call may work in a moment: then it is made again. */
const TEXTS: readonly [string, StoreErrorCode, "again"?][] = [
  ["OOM command not allowed when used memory > 'maxmemory'.", "store_full"],
  [wrapped("OOM command not allowed when used memory > 'maxmemory'."), "store_full"],
  ["ERR DB capacity quota exceeded", "store_full"],
  ["ERR max request size exceeded. Limit: 10485760 bytes, Actual: 12000000 bytes", "store_full"],
  ["ERR max single record size exceeded", "store_full"],
  ["READONLY You can't write against a read only replica.", "store_read_only"],
  [wrapped("READONLY You can't write against a read only replica."), "store_read_only"],
  ["NOREPLICAS Not enough good replicas to write.", "store_read_only"],
  ["WRONGTYPE Operation against a key holding the wrong kind of value", "store_wrong_type"],
  ["WRONGPASS invalid or missing auth token", "store_unauthorized"],
  ["NOAUTH Authentication required.", "store_unauthorized"],
  ["NOPERM this user has no permissions to run the 'evalsha' command", "store_unauthorized"],
  ["CROSSSLOT Keys in request don't hash to the same slot", "store_cross_slot"],
  ["LOADING Redis is loading the dataset in memory", "store_unavailable", "again"],
  ["BUSY Redis is busy running a script.", "store_unavailable", "again"],
  ["CLUSTERDOWN Hash slot not served", "store_unavailable", "again"],
  ["MASTERDOWN Link with MASTER is down", "store_unavailable", "again"],
  ["TRYAGAIN Multiple keys request during rehashing of slot", "store_unavailable", "again"],
  ["ERR max number of clients reached", "store_unavailable", "again"],
  ["ERR max concurrent connections exceeded", "store_unavailable", "again"],
  ["ERR max requests limit exceeded. Limit: 500000, Usage: 500000.", "store_refused"],
  [`ERR something new, command was: ["evalsha","${SECRET}"]`, "store_refused"],
];

test.each(TEXTS)("%s", async (message, code, again) => {
  let asked = 0;
  const transport = {
    async command() {
      asked += 1;
      return { ok: false as const, message };
    },
  };
  const clock = { ...systemClock, sleep: async () => {} };
  const queue = createQueue({ name: "q", store: createRedisStore(transport, { clock }) });
  const requests = again === undefined ? 1 : 3;
  const error = await failureOf(code, () => drain(queue, () => {}));
  expect(error).toMatchObject({ name: "StoreError", uncertain: false, requests });
  expect(asked).toBe(requests);
  const sending = await failureOf<SendError>("send_failed", () => queue.send(SECRET));
  expect(sending).toMatchObject({ uncertain: false, sentIds: [] });
  expect(sending.cause).toMatchObject({ code });
});

serverTest("a server with too many clients is told as unavailable", async () => {
  const { url } = await privateRedis();
  const redis = otherProgram(url);
  await redis.config("SET", "maxclients", "1");
  const store = ioredis({ url });
  onTestFinished(() => store.close());
  const queue = createQueue({ name: "q", store });
  await failureOf("store_unavailable", () => drain(queue, () => {}));
  await redis.config("SET", "maxclients", "10");
  await queue.send("x");
  expect(await drain(queue, () => {})).toMatchObject({ completed: 1 });
});
