import { Redis } from "ioredis";
import { createQueue, drain } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { fillStream, newName } from "../fill.ts";
import { readStats } from "../measure.ts";
import { payloadOf } from "../work.ts";

const SEGMENTS = 20;
const SMALL = payloadOf(20);

export interface BacklogRun {
  readonly messages: number;
  readonly seconds: number;
  readonly commands: number;
  /** Of equal parts of the backlog, in order. */
  readonly segments: readonly { readonly rate: number; readonly scriptMicros: number }[];
}

/** Works off a large backlog over TCP by one long pass, and looks whether it slows down. */
export async function drainBacklog(redisUrl: string, messages: number): Promise<BacklogRun> {
  const redis = new Redis(redisUrl, { protocol: 2 });
  const store = ioredis({ url: redisUrl });
  const queue = createQueue<string>({ name: newName(), store });
  await fillStream(redis, queue.name, { messages, payload: SMALL, keyed: false });
  const size = Math.floor(messages / SEGMENTS);
  const marks: { at: number; scriptMicros: number }[] = [];
  async function mark(): Promise<void> {
    const at = performance.now();
    const { scriptMicros } = readStats(await redis.info("commandstats"));
    marks.push({ at, scriptMicros });
  }
  await redis.config("RESETSTAT");
  await mark();
  let handled = 0;
  const report = await drain(
    queue,
    async () => {
      handled += 1;
      if (handled % size === 0) await mark();
    },
    { maxDuration: "2 h" },
  );
  if (report.completed !== messages) throw new Error(`${report.completed} were completed.`);
  store.close();
  redis.disconnect();
  const segments = marks.slice(1).map(({ at, scriptMicros }, i) => {
    const before = marks[i] ?? { at, scriptMicros };
    return {
      rate: (size * 1_000) / (at - before.at),
      scriptMicros: (scriptMicros - before.scriptMicros) / size,
    };
  });
  return { messages, seconds: report.elapsedMs / 1_000, commands: report.commands, segments };
}
