import type { Facts } from "../facts.ts";
import type { Check, Finding } from "../finding.ts";
import { infoNumber } from "../server.ts";
import { counted, length, redisCli } from "../words.ts";

/** What the server may throw away: by eviction, by expiry, or for another program's sake. */
export const checkStorage: Check = (facts) => [
  ...eviction(facts),
  ...nearFull(facts),
  ...expiring(facts),
  ...cache(facts),
];

function eviction({ server: { info }, queue }: Facts): Finding[] {
  const policy = info?.get("maxmemory_policy");
  if (policy === undefined || policy === "noeviction") return [];
  const evicted = infoNumber(info, "evicted_keys") ?? 0;
  const limited = (infoNumber(info, "maxmemory") ?? 0) > 0;
  const all = policy.startsWith("allkeys");
  return [
    {
      id: "eviction",
      severity: all && limited ? "problem" : limited ? "warning" : "note",
      what: `Redis evicts by ${policy}${limited ? "" : " once it gets a limit of memory"}; ${counted(evicted, "key was", "keys were")} evicted since it started.`,
      why: all
        ? `When the memory is full it drops whole keys, the stream ${queue.stream} with all its messages among them.`
        : "When the memory is full it drops keys that expire: records of idempotency keys and of sends that may come again, so work is done twice.",
      mend: `${redisCli("CONFIG", "SET", "maxmemory-policy", "noeviction")}  # at a provider, in its console`,
    },
  ];
}

function nearFull({ server: { info } }: Facts): Finding[] {
  const used = infoNumber(info, "used_memory");
  const machine = infoNumber(info, "total_system_memory") || Number.POSITIVE_INFINITY;
  const set = infoNumber(info, "maxmemory") || Number.POSITIVE_INFINITY;
  const limit = Math.min(set, machine);
  if (used === undefined || limit === Number.POSITIVE_INFINITY) return [];
  const part = used / limit;
  if (part < 0.8) return [];
  const suggested = used * 2 < machine ? Math.ceil((used * 2) / 2 ** 20) : undefined;
  return [
    {
      id: "memory-nearly-full",
      severity: part >= 0.95 ? "problem" : "warning",
      what: `Redis uses ${Math.round(part * 100)} % of ${set <= machine ? "its memory" : "the machine's memory, and may take more"}.`,
      why:
        set <= machine
          ? "When it is full it refuses every send; passes can still settle and drain."
          : "When the machine has none left the system ends Redis, and it takes along what is not on disk.",
      mend:
        suggested !== undefined && set <= machine
          ? `${redisCli("CONFIG", "SET", "maxmemory", `${suggested}mb`)}  # as far as the machine has it; or drain, and keep less`
          : `${redisCli("MEMORY", "DOCTOR")}  # then drain and keep less, or take a larger machine`,
    },
  ];
}

function expiring({ expiring }: Facts): Finding[] {
  return expiring.map(({ key, inMs }) => ({
    id: "queue-expires",
    severity: "problem",
    what: `The key ${key} expires in ${length(inMs)}.`,
    why: "Redis deletes it then with all that it holds. Somebody has set that: xdrain never does.",
    mend: redisCli("PERSIST", key),
  }));
}

/** A few keys that expire belong to any queue; a cache has many. */
const FEW = 5;

function cache({ neighbours }: Facts): Finding[] {
  if (neighbours === undefined || neighbours.expiring < FEW) return [];
  return [
    {
      id: "cache-beside-queue",
      severity: "warning",
      what: `Other keys of the database expire: ${neighbours.all ? "" : "at least "}${neighbours.expiring} of those looked at, as in a cache.`,
      why: "A cache wants to evict and a queue must not: one limit of memory and one eviction policy cannot serve both, and FLUSHDB for the cache takes the queue along.",
      mend: `redis-server --port 6380 --maxmemory-policy noeviction --appendonly yes  # a server (at a provider: a database) for the queue alone`,
    },
  ];
}
