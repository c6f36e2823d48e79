import type { Redis } from "ioredis";

/** The loop that people write by hand, in its parts. */
export interface HandWritten {
  /** XREADGROUP with `>`: new entries, pending for this worker now. */
  read(count: number): Promise<readonly string[]>;
  /** XAUTOCLAIM: what somebody has held for so many milliseconds. */
  steal(minIdleMs: number): Promise<readonly string[]>;
  /** XACK; how many were pending. */
  ack(ids: readonly string[]): Promise<number>;
}

type Entry = readonly [id: string, fields: readonly string[]];

export function handWritten(
  redis: Redis,
  {
    stream,
    group,
    name,
  }: { readonly stream: string; readonly group: string; readonly name: string },
): HandWritten {
  return {
    async read(count) {
      const reply = (await redis.call(
        "XREADGROUP",
        ...["GROUP", group, name, "COUNT", count, "STREAMS", stream, ">"],
      )) as [string, Entry[]][] | null;
      return (reply?.[0]?.[1] ?? []).map(([id]) => id);
    },

    async steal(minIdleMs) {
      const args = [stream, group, name, minIdleMs, "0", "COUNT", 100];
      const reply = (await redis.call("XAUTOCLAIM", ...args)) as [string, Entry[]];
      return reply[1].map(([id]) => id);
    },

    ack: async (ids) => (ids.length === 0 ? 0 : redis.xack(stream, group, ...ids)),
  };
}
