import type { Redis } from "ioredis";
import { systemClock } from "../../src/redis/clock.ts";
import { createRedisStore } from "../../src/redis/store.ts";
import type { Transport } from "../../src/redis/transport.ts";

/** Carries commands over a raw client. */
export function rawTransport(redis: Redis): Transport {
  return {
    async command([name = "", ...rest]) {
      try {
        return { ok: true, reply: await redis.call(name, rest) };
      } catch (error) {
        if (error instanceof Error && error.name === "ReplyError") {
          return { ok: false, message: error.message };
        }
        throw error;
      }
    },
  };
}

/** What goes wrong with one request: it never arrives, or its response does not. */
export type Fault = "request lost" | "response lost" | undefined;

/** A store whose requests are numbered from 1, each with a fault or none; resends wait for nothing. */
export function faultyStore(redis: Redis, faultOf: (request: number) => Fault) {
  const whole = rawTransport(redis);
  let requests = 0;
  const transport: Transport = {
    async command(args, signal) {
      requests += 1;
      const fault = faultOf(requests);
      if (fault === "request lost") throw new Error("connection reset before the request");
      const answer = await whole.command(args, signal);
      if (fault === "response lost") throw new Error("connection reset before the response");
      return answer;
    },
  };
  const clock = { ...systemClock, sleep: instantlyWhenShort };
  return { store: createRedisStore(transport, { clock }), requests: () => requests };
}

/** The pauses between resends are under a second; what a pass waits for is longer. */
async function instantlyWhenShort(ms: number, signal?: AbortSignal): Promise<void> {
  if (ms >= 1_000) await systemClock.sleep(ms, signal);
}
