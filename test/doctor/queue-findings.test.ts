import { expect } from "vitest";
import { createQueue, drain } from "../../src/index.ts";
import { serverTest } from "../support/redis.ts";
import {
  findingOf,
  idsOf,
  type LookOptions,
  mend as mendIt,
  openPatient,
  type Patient,
  WAYS,
} from "./support.ts";

const HOUR_MS = 3_600_000;
/** No id comes after it. */
const LAST_ID = "18446744073709551615-18446744073709551615";

/** What makes a queue ill, and what is then found. */
interface Case {
  readonly what: string;
  readonly id: string;
  readonly severity: "problem" | "warning" | "note";
  readonly mend: RegExp;
  provoke(patient: Patient): Promise<LookOptions | undefined>;
}

const CASES: readonly Case[] = [
  {
    what: "a group that a hand-written consumer needs and nobody made",
    id: "group-missing",
    severity: "problem",
    mend: /^redis-cli XGROUP CREATE events workers 0 MKSTREAM$/,
    async provoke({ call, store }) {
      await call("XADD", "events", "*", "a", "1");
      const queue = createQueue({ name: "events", group: "workers", store });
      return { queue, groupIsNamed: true };
    },
  },
  {
    what: "a group that somebody destroyed",
    id: "group-missing",
    severity: "problem",
    mend: /^xdrain drain -q orders …/,
    async provoke({ call, queue }) {
      await fail(queue);
      await call("XADD", "orders", "*", "a", "1");
      await call("XGROUP", "DESTROY", "orders", "xdrain");
      return undefined;
    },
  },
  {
    what: "a group that was made at $ when messages waited",
    id: "group-created-at-end",
    severity: "warning",
    mend: /^redis-cli XGROUP SETID events workers 0$/,
    async provoke({ call, store }) {
      await call("XADD", "events", "*", "a", "1");
      await call("XGROUP", "CREATE", "events", "workers", "$");
      return { queue: createQueue({ name: "events", group: "workers", store }) };
    },
  },
  {
    what: "a stream that was drained and is not there any more",
    id: "stream-gone",
    severity: "problem",
    mend: /^xdrain drain -q orders …/,
    async provoke({ call }) {
      await call("DEL", "orders");
      return undefined;
    },
  },
  {
    what: "delayed messages whose due times were lost",
    id: "hidden-entries",
    severity: "warning",
    mend: /^xdrain repair -q orders/,
    async provoke({ call, queue, keys }) {
      await queue.send(1, { delay: "1 h" });
      await call("DEL", keys.delayed);
      return undefined;
    },
  },
  {
    what: "messages that the loss of a key hid",
    id: "hidden-entries",
    severity: "warning",
    mend: /^xdrain repair -q orders {2}# brings back/,
    async provoke({ queue, call, keys }) {
      await fail(queue);
      await call("DEL", keys.parked);
      return undefined;
    },
  },
  {
    what: "a shared stream whose other groups are not made yet",
    id: "shared-by-one-group",
    severity: "note",
    mend: /^redis-cli XGROUP CREATE orders GROUP 0/,
    async provoke({ queue }) {
      const { store } = queue.resolved;
      const shared = createQueue({ name: "orders", store, shared: true });
      await shared.send(1);
      await drain(shared, () => {});
      return undefined;
    },
  },
  {
    what: "entries that somebody acknowledged and did not delete",
    id: "orphans",
    severity: "warning",
    mend: /^xdrain repair --orphans discard -q orders {2}# if they are done/,
    async provoke({ queue, call }) {
      await queue.send(1);
      await call("XREADGROUP", "GROUP", "xdrain", "hand", "STREAMS", "orders", ">");
      await call("XGROUP", "DELCONSUMER", "orders", "xdrain", "hand");
      await drain(queue, () => {});
      return undefined;
    },
  },
  {
    what: "a key of another type under the stream's name",
    id: "not-a-stream",
    severity: "problem",
    mend: /^redis-cli TYPE orders/,
    async provoke({ call }) {
      await call("SET", "orders", "1");
      return undefined;
    },
  },
  {
    what: "consumers that each start of a worker leaves",
    id: "consumers-leaking",
    severity: "warning",
    mend: /^redis-cli EVAL '.*' 1 events workers 3600000 {2}#/,
    async provoke({ call, store }) {
      await call("XGROUP", "CREATE", "events", "workers", "0", "MKSTREAM");
      const make =
        "for i=1,2001 do redis.call('XGROUP','CREATECONSUMER',KEYS[1],'workers','w'..i) end";
      await call("EVAL", make, 1, "events");
      return { queue: createQueue({ name: "events", group: "workers", store }) };
    },
  },
  {
    what: "pending entries of a dead worker",
    id: "pending-unclaimed",
    severity: "problem",
    mend: /^redis-cli XAUTOCLAIM events workers RESCUER 300000 0/,
    async provoke({ call, store }) {
      await readAndDie(call, HOUR_MS);
      return { queue: createQueue({ name: "events", group: "workers", store }) };
    },
  },
  {
    what: "pending entries of a dead pass that no pass followed",
    id: "pending-unclaimed",
    severity: "problem",
    mend: /^xdrain drain -q orders …/,
    async provoke({ call }) {
      const id = String(await call("XADD", "orders", "*", "a", "1"));
      await call("XREADGROUP", "GROUP", "xdrain", "xd:dead", "STREAMS", "orders", ">");
      await call("XCLAIM", "orders", "xdrain", "xd:dead", 0, id, "IDLE", HOUR_MS, "JUSTID");
      return undefined;
    },
  },
  {
    what: "a single pending entry of a dead worker",
    id: "pending-unclaimed",
    severity: "problem",
    mend: /^redis-cli XAUTOCLAIM events workers RESCUER 300000 0/,
    async provoke({ call, store }) {
      await readAndDie(call, HOUR_MS, 1);
      return { queue: createQueue({ name: "events", group: "workers", store }) };
    },
  },
  {
    what: "payloads that were trimmed while pending",
    id: "payloads-trimmed",
    severity: "problem",
    mend: /^redis-cli XACK events workers \d+-\d+/,
    async provoke({ call, store }) {
      await readAndDie(call, 0);
      await call("XTRIM", "events", "MAXLEN", 0);
      await call("XADD", "events", "*", "a", "1");
      return { queue: createQueue({ name: "events", group: "workers", store }) };
    },
  },
  {
    what: "a payload in the middle that was deleted while pending",
    id: "payloads-trimmed",
    severity: "problem",
    mend: /^redis-cli CLIENT LIST/,
    async provoke({ call }) {
      await call("XADD", "orders", "*", "a", "1");
      const id = String(await call("XADD", "orders", "*", "a", "2"));
      await call("XREADGROUP", "GROUP", "xdrain", "xd:pass", "STREAMS", "orders", ">");
      await call("XDEL", "orders", id);
      return undefined;
    },
  },
  {
    what: "a stream that only grows",
    id: "stream-only-grows",
    severity: "warning",
    mend: /^redis-cli XTRIM events MINID \d+-\d+/,
    async provoke({ call, store }) {
      await addMany(call, "events", 10_001);
      await call("XGROUP", "CREATE", "events", "workers", "$");
      return { queue: createQueue({ name: "events", group: "workers", store }) };
    },
  },
  {
    what: "a group that nobody reads and that keeps what others have done",
    id: "group-holds-up",
    severity: "warning",
    mend: /^redis-cli XGROUP DESTROY events forgotten/,
    async provoke({ call, store }) {
      await addMany(call, "events", 1_500);
      await call("XGROUP", "CREATE", "events", "forgotten", "0");
      await call("XGROUP", "CREATE", "events", "workers", "$");
      return { queue: createQueue({ name: "events", group: "workers", store }) };
    },
  },
  {
    what: "a MAXLEN below the backlog, of a group that has read some",
    id: "maxlen-below-backlog",
    severity: "problem",
    mend: /^redis-cli CLIENT LIST/,
    async provoke({ call }) {
      await addMany(call, "orders", 20);
      await call("XTRIM", "orders", "MAXLEN", 5);
      return undefined;
    },
  },
  {
    what: "a MAXLEN below the backlog, of a group that has read nothing",
    id: "maxlen-below-backlog",
    severity: "warning",
    mend: /^redis-cli CLIENT LIST/,
    async provoke({ call, store }) {
      await call("XGROUP", "CREATE", "events", "workers", "0", "MKSTREAM");
      await addMany(call, "events", 20);
      await call("XTRIM", "events", "MAXLEN", 5);
      return { queue: createQueue({ name: "events", group: "workers", store }) };
    },
  },
  {
    what: "a MAXLEN that strikes between two looks at a group that has read nothing",
    id: "maxlen-below-backlog",
    severity: "problem",
    mend: /^redis-cli CLIENT LIST/,
    async provoke({ call, store }) {
      await call("XGROUP", "CREATE", "events", "workers", "0", "MKSTREAM");
      await call("XGROUP", "CREATE", "events", "others", "0");
      await addMany(call, "events", 5);
      return {
        queue: createQueue({ name: "events", group: "workers", store }),
        meanwhile: () => call("XADD", "events", "MAXLEN", 2, "*", "a", "1"),
      };
    },
  },
  {
    what: "a MAXLEN that strikes between two looks",
    id: "maxlen-below-backlog",
    severity: "problem",
    mend: /^redis-cli CLIENT LIST/,
    async provoke({ call }) {
      await addMany(call, "orders", 5);
      return { meanwhile: () => call("XADD", "orders", "MAXLEN", 2, "*", "a", "1") };
    },
  },
  {
    what: "payloads that passes have missed before",
    id: "payloads-lost-before",
    severity: "note",
    mend: /^redis-cli CLIENT LIST/,
    async provoke({ call, keys }) {
      await call("HSET", keys.stats, "lostPayloads", 3);
      return undefined;
    },
  },
  {
    what: "payloads that passes have missed a moment ago",
    id: "payloads-lost-before",
    severity: "warning",
    mend: /^redis-cli CLIENT LIST/,
    async provoke({ call, queue }) {
      await addMany(call, "orders", 20);
      await call("XTRIM", "orders", "MAXLEN", 5);
      await drain(queue, () => {}, { linger: false });
      return undefined;
    },
  },
  {
    what: "delayed messages whose content expires",
    id: "queue-expires",
    severity: "problem",
    mend: /^redis-cli PERSIST '\{orders\}:xd:orders::bodies'$/,
    async provoke({ call, queue, keys }) {
      await queue.send(1, { delay: "1 h" });
      await call("EXPIRE", keys.bodies, 60);
      return undefined;
    },
  },
  {
    what: "a queue that expires",
    id: "queue-expires",
    severity: "problem",
    mend: /^redis-cli PERSIST orders$/,
    async provoke({ call }) {
      await call("EXPIRE", "orders", 3_600);
      return undefined;
    },
  },
  {
    what: "a consumer that only reads its history",
    id: "rereads-history",
    severity: "problem",
    mend: /^redis-cli XACK events workers( \d+-\d+){5} {2}# once/,
    async provoke({ call, store }) {
      await readAndDie(call, 0);
      await call("XADD", "events", "*", "a", "new");
      const history = ["GROUP", "workers", "dead", "STREAMS", "events", "0"];
      return {
        queue: createQueue({ name: "events", group: "workers", store }),
        meanwhile: () => call("XREADGROUP", ...history),
      };
    },
  },
  {
    what: "entries that a client has sent twice",
    id: "hidden-retries",
    severity: "warning",
    mend: /^xdrain send -q orders/,
    async provoke({ call }) {
      await call("XADD", "orders", "*", "order", "7", "item", "book");
      await call("XADD", "orders", "*", "order", "7", "item", "book");
      return undefined;
    },
  },
  {
    what: "a stream that nobody ever sent to",
    id: "nobody-sends",
    severity: "warning",
    mend: /^xdrain send '.*' -q odrers {2}# .*there are also orders/,
    provoke: async ({ store }) => ({ queue: createQueue({ name: "odrers", store }) }),
  },
  {
    what: "a stream that nobody sends to any more",
    id: "nobody-sends",
    severity: "note",
    mend: /^xdrain send/,
    async provoke({ call, store }) {
      await call("XADD", "events", Date.now() - 25 * HOUR_MS, "a", "1");
      return { queue: createQueue({ name: "events", store }) };
    },
  },
  {
    what: "arrivals faster than completions",
    id: "falling-behind",
    severity: "warning",
    // 480 in two minutes are four a second, of two seconds each, and a quarter more.
    mend: /^xdrain drain -q events … --concurrency 10 {2}# at 2 seconds a message, (10|11) at once will do/,
    async provoke({ call, store }) {
      const queue = createQueue({ name: "events", store });
      await drain(queue, () => {}, { linger: false });
      const start = Date.now() - 120_000;
      const add =
        "for i=0,479 do redis.call('XADD',KEYS[1],string.format('%.0f',ARGV[1]+i*250),'n',i) end";
      await call("EVAL", add, 1, "events", start);
      const stats = "{events}:xd:events:xdrain:stats";
      const minute = Math.floor(Date.now() / 60_000);
      await call("HSET", stats, `m${minute % 60}`, `${minute}:60:0`, "h8", 60, "hs", 120_000);
      return { queue };
    },
  },
  {
    what: "passes that stopped coming",
    id: "no-passes",
    severity: "problem",
    mend: /^xdrain drain -q events/,
    async provoke({ call, store }) {
      const queue = createQueue({ name: "events", store });
      await drain(queue, () => {}, { linger: false });
      await call("XADD", "events", Date.now() - HOUR_MS, "a", "1");
      await call("HSET", "{events}:xd:events:xdrain:stats", "last", Date.now() - HOUR_MS);
      return { queue };
    },
  },
  {
    what: "a retry that is due, and no pass comes",
    id: "no-passes",
    severity: "problem",
    mend: /^xdrain drain -q orders/,
    async provoke({ call, queue, keys }) {
      await fail(queue);
      const [id] = (await call("ZRANGE", keys.parked, 0, 0)) as [string];
      await call("ZADD", keys.parked, (Date.now() - HOUR_MS) * 1024 + 1, id);
      await call("HSET", keys.stats, "last", Date.now() - HOUR_MS);
      return undefined;
    },
  },
  {
    what: "a delayed message that is due, and no pass comes",
    id: "no-passes",
    severity: "problem",
    mend: /^xdrain drain -q orders/,
    async provoke({ call, queue, keys }) {
      const { id } = await queue.send(1, { delay: "1 h" });
      await call("ZADD", keys.delayed, Date.now() - HOUR_MS, id);
      await call("HSET", keys.stats, "last", Date.now() - HOUR_MS);
      return undefined;
    },
  },
  {
    what: "what waits for long where passes keep no statistics",
    id: "no-passes",
    severity: "warning",
    mend: /^xdrain drain -q events/,
    async provoke({ call, store }) {
      const queue = createQueue({ name: "events", store, statistics: false });
      await drain(queue, () => {}, { linger: false });
      await call("XADD", "events", Date.now() - HOUR_MS, "a", "1");
      return { queue };
    },
  },
  {
    what: "a queue that is paused",
    id: "paused",
    severity: "warning",
    mend: /^xdrain resume -q orders$/,
    async provoke({ queue }) {
      await queue.pause();
      return undefined;
    },
  },
  {
    what: "ids from the future",
    id: "ids-in-the-future",
    severity: "warning",
    mend: /^timedatectl/,
    async provoke({ call }) {
      await call("XADD", "orders", Date.now() + HOUR_MS, "a", "1");
      return undefined;
    },
  },
  {
    what: "an entry with the last possible id",
    id: "ids-exhausted",
    severity: "problem",
    mend: /^redis-cli XDEL orders 1844\S+ && redis-cli XSETID orders \d+-\d+ && redis-cli XGROUP SETID orders xdrain \d+-\d+$/,
    async provoke({ call, queue }) {
      await queue.send(1);
      await call("XADD", "orders", LAST_ID, "a", "1");
      await drain(queue, () => {});
      await expect(queue.send(2)).rejects.toMatchObject({ cause: { code: "store_exhausted" } });
      return undefined;
    },
  },
];

/** Commands that show who is at fault, or mend what is to come; and one that spares what is new. */
const ONLY_TELLS = /^(redis-cli (CLIENT LIST|TYPE|EVAL) |xdrain send |timedatectl )/;

for (const way of WAYS) {
  for (const { what, id, severity, mend, provoke } of CASES) {
    serverTest(`over ${way}, ${what}: ${id}`, async () => {
      const patient = await openPatient(way);
      expect(idsOf(await patient.find())).not.toContain(id);
      const how = await provoke(patient);
      const finding = findingOf(await patient.find(how), id);
      expect(finding).toMatchObject({ severity, mend: expect.stringMatching(mend) });
      expect(finding.what).toMatch(/\.$/);
      expect(finding.why).toMatch(/\.$/);
      if (!ONLY_TELLS.test(finding.mend)) {
        await mendIt(patient, finding);
        expect(idsOf(await patient.find(how))).not.toContain(id);
      }
    });
  }
}

async function fail(queue: Patient["queue"]): Promise<void> {
  await queue.send("fails");
  const failing = createQueue({
    name: queue.name,
    store: queue.resolved.store,
    backoff: { initial: "1 h", max: "1 h" },
  });
  const handler = () => {
    throw new Error("not now");
  };
  await drain(failing, handler, { linger: false });
}

/** A hand-written worker takes five entries, and does nothing with them for so long. */
async function readAndDie(call: Patient["call"], idleMs: number, count = 5): Promise<void> {
  await call("XGROUP", "CREATE", "events", "workers", "0", "MKSTREAM");
  await addMany(call, "events", count);
  await call("XREADGROUP", "GROUP", "workers", "dead", "STREAMS", "events", ">");
  const pending = (await call("XPENDING", "events", "workers", "-", "+", 10)) as [string][];
  const ids = pending.map(([id]) => id);
  await call("XCLAIM", "events", "workers", "dead", 0, ...ids, "IDLE", idleMs, "JUSTID");
}

async function addMany(call: Patient["call"], stream: string, count: number): Promise<void> {
  const add = "for i=1,tonumber(ARGV[1]) do redis.call('XADD',KEYS[1],'*','n',i) end";
  await call("EVAL", add, 1, stream, count);
}
