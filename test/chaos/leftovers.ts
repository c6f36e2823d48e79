import type { Redis } from "ioredis";

/** What is in Redis when all work is done. */
export interface Leftovers {
  /** Each key by its kind, with what it holds. */
  readonly keys: Readonly<Record<string, string>>;
  readonly consumers: readonly string[];
  /** What should not be there; docs/design.md lists what may. */
  readonly violations: readonly string[];
}

const TWO_MINUTES_MS = 121_000;

/** Looks at the keys and consumers that a drained queue leaves. */
export async function findLeftovers(redis: Redis, stream: string): Promise<Leftovers> {
  const keys: Record<string, string> = {};
  const violations: string[] = [];
  let remembered = 0;
  for (const key of (await redis.keys("*")).sort()) {
    const what = key === stream ? "stream" : (key.split(":xd:")[1] ?? key);
    const ttl = await redis.pttl(key);
    if (what.includes(":sent:")) {
      remembered += 1;
      if (ttl < 0 || ttl > TWO_MINUTES_MS) violations.push(`${key} lives for ${ttl} ms`);
      continue;
    }
    const size = await sizeOf(redis, key);
    keys[what] = `${size.text}${ttl > 0 ? ", expires" : ""}`;
    const wrong = judge(what, size.count, ttl);
    if (wrong !== undefined) violations.push(`${key}: ${wrong}`);
  }
  if (remembered > 0) keys["sent requests"] = `${remembered}, expire within two minutes`;
  const consumers = await consumersOf(redis, stream);
  for (const { name, pending } of consumers) {
    if (name !== "xd:suspects") violations.push(`consumer ${name} is left`);
    if (pending > 0) violations.push(`consumer ${name} still holds ${pending}`);
  }
  return { keys, consumers: consumers.map(({ name }) => name), violations };
}

function judge(what: string, count: number, ttl: number): string | undefined {
  if (what === "stream") return count === 0 ? undefined : `${count} entries are left`;
  const kind = what.split(":").at(-1);
  if (["dead", "state", "stats", "journal"].includes(kind ?? "")) return undefined;
  if (kind === "keys") return ttl > 0 ? undefined : "it never expires";
  return `it holds ${count}, and the queue is drained`;
}

async function sizeOf(redis: Redis, key: string) {
  const type = await redis.type(key);
  const count = async (): Promise<number> => {
    if (type === "stream") return redis.xlen(key);
    if (type === "zset") return redis.zcard(key);
    return type === "hash" ? redis.hlen(key) : 1;
  };
  const n = await count();
  return { count: n, text: `${type} of ${n}` };
}

async function consumersOf(redis: Redis, stream: string) {
  const found: { readonly name: string; readonly pending: number }[] = [];
  for (const group of (await redis.xinfo("GROUPS", stream)) as unknown[][]) {
    const list = (await redis.xinfo("CONSUMERS", stream, String(group[1]))) as unknown[][];
    for (const [, name, , pending] of list) {
      found.push({ name: String(name), pending: Number(pending) });
    }
  }
  return found;
}
