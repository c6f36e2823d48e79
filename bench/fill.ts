import type { Redis } from "ioredis";
import type { Work } from "./work.ts";

/** The group that all sides over streams read with. */
export const GROUP = "xdrain";
const CHUNK = 5_000;

const FILL = `
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  if ARGV[4] == '1' then
    redis.call('XADD', KEYS[1], '*', 'xd:k', KEYS[1] .. ':key:' .. i, 'xd:d', ARGV[3])
  else
    redis.call('XADD', KEYS[1], '*', 'xd:d', ARGV[3])
  end
end`;

/** Fills a stream on the server itself; how messages got there is not what is measured. */
export async function fillStream(
  redis: Redis,
  stream: string,
  work: Pick<Work, "messages" | "payload" | "keyed">,
): Promise<void> {
  await redis.xgroup("CREATE", stream, GROUP, "0", "MKSTREAM");
  const data = JSON.stringify(work.payload);
  for (let from = 1; from <= work.messages; from += CHUNK) {
    const to = Math.min(from + CHUNK - 1, work.messages);
    await redis.eval(FILL, 1, stream, from, to, data, work.keyed ? "1" : "0");
  }
}

let drawn = 0;
export function newName(): string {
  drawn += 1;
  return `bench-${process.pid}-${drawn}`;
}
