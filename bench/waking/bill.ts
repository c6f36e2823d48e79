import type { Redis } from "ioredis";
import { readStats } from "../measure.ts";

/** What work asks of Redis: requests as the client makes them, commands as the server counts them. */
export interface Bill {
  readonly requests: number;
  readonly commands: number;
}

/** The bill of some work, on a server without others; the work itself counts its requests. */
export async function billOf(redis: Redis, work: () => Promise<number>): Promise<Bill> {
  await redis.config("RESETSTAT");
  const requests = await work();
  return { requests, commands: readStats(await redis.info("commandstats")).commands };
}

export const times = ({ requests, commands }: Bill, factor: number): Bill => ({
  requests: requests * factor,
  commands: commands * factor,
});

export const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
