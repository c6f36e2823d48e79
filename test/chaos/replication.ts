import type { Redis } from "ioredis";

/** What a node says of its part in replication. */
export interface Offsets {
  readonly role: string;
  /** How much of the log it has written (as a primary) or received (as a replica), in bytes. */
  readonly offset: number;
  /** For a replica: whether its primary is there and the first copy is through. */
  readonly linkUp: boolean;
}

export async function offsetsOf(redis: Redis): Promise<Offsets> {
  const info = await redis.info("replication");
  const field = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, "m").exec(info)?.[1] ?? "";
  const role = field("role");
  return {
    role,
    offset: Number(field(role === "master" ? "master_repl_offset" : "slave_repl_offset")),
    linkUp: field("master_link_status") === "up",
  };
}

const LIMIT_MS = 30_000;

/** Asks again and again until it is so; a node that does not answer yet is no answer. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + LIMIT_MS;
  while (Date.now() < limit) {
    if (await isSo().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 5));
  }
  throw new Error(`Redis under Sentinel did not get where it should within ${LIMIT_MS} ms.`);
}
