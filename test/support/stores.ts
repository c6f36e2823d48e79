import { inject } from "vitest";
import { createQueue, type Queue, type QueueOptions } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { uniqueName } from "./redis.ts";

/** A store over TCP to the Redis of this test run. */
export function tcpStore(url: string = inject("redisUrl")) {
  return ioredis({ url });
}

/** A queue of its own name on a store over TCP. */
export function tcpQueue<Payload = unknown>(options: Partial<QueueOptions> = {}): Queue<Payload> {
  return createQueue<Payload>({ name: uniqueName(), store: tcpStore(), ...options });
}
