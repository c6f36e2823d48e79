import type { Redis } from "ioredis";
import { createQueue } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import type { Dead } from "./check.ts";
import type { Payload } from "./plan.ts";
import { STREAM } from "./queue.ts";

const PAGE = 1_000;

/** All dead letters, through the library's own door. */
export async function readDead({ options }: Redis): Promise<Dead[]> {
  const store = ioredis({ url: `redis://127.0.0.1:${options.port}` });
  const queue = createQueue<Payload>({ name: STREAM, store });
  const found: Dead[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await queue.deadLetters.list({
      count: PAGE,
      ...(after === undefined ? {} : { after }),
    });
    for (const { payload, originalId, reason } of page) {
      found.push({ n: payload?.n ?? -1, originalId: originalId ?? "", reason });
    }
    after = page.at(-1)?.id;
    if (page.length < PAGE) break;
  }
  store.close();
  return found;
}
