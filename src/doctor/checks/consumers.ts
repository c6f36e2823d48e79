import type { ConsumerInfo } from "../../inspect/consumers.ts";
import type { Facts, GroupFacts } from "../facts.ts";
import type { Check, Finding } from "../finding.ts";
import { counted, length, redisCli, word } from "../words.ts";

const MANY = 50;
const TOO_MANY = 2_000;
const LEFT_MS = 3_600_000;
/** A reader that waits in XREADGROUP looks idle for as long as it waits. */
const ACTIVE_MS = 600_000;

/** Names that nobody uses any more, and a name that two processes share. */
export const checkConsumers: Check = (facts) => [
  ...facts.groups.flatMap((group) => leaking(facts, group)),
  ...shared(facts),
];

function leaking(facts: Facts, group: GroupFacts): Finding[] {
  const { consumerList, consumers, name } = group;
  const left = consumerList?.filter(isLeft);
  const count = left?.length ?? consumers;
  if (count < (left === undefined ? TOO_MANY : MANY)) return [];
  const since =
    left === undefined ? "" : ` that own nothing and did nothing for ${length(LEFT_MS)}`;
  return [
    {
      id: "consumers-leaking",
      severity: "warning",
      group: name,
      what: `The group ${name} has ${counted(count, "consumer")}${since}.`,
      why: "Each start of a worker that takes a new name leaves one behind: they take memory, and slow down XINFO and whoever looks for dead workers.",
      mend: `${redisCli("EVAL", REMOVE, "1", facts.queue.stream, name, String(LEFT_MS))}  # removes those that own nothing and did nothing for ${length(LEFT_MS)}; let each worker come back under its old name`,
    },
  ];
}

function isLeft({ name, pending, idleMs }: ConsumerInfo): boolean {
  return pending === 0 && idleMs >= LEFT_MS && name !== "xd:suspects";
}

/** In one step, so that none takes an entry meanwhile: with its consumer, what is pending goes too. */
const REMOVE = [
  "local n=0 for _,c in ipairs(redis.call('XINFO','CONSUMERS',KEYS[1],ARGV[1])) do",
  "if c[4]==0 and c[6]>=tonumber(ARGV[2]) and c[2]~='xd:suspects' then",
  "redis.call('XGROUP','DELCONSUMER',KEYS[1],ARGV[1],c[2]) n=n+1 end end return n",
].join(" ");

/** A server knows connections and consumers, but not which of them belong together. */
function shared(facts: Facts): Finding[] {
  const { clients } = facts.server;
  const foreign = facts.groups.flatMap(({ consumerList }) =>
    (consumerList ?? []).filter(({ kind, idleMs }) => kind === "foreign" && idleMs < ACTIVE_MS),
  );
  const readers = clients?.filter(({ command }) => command === "xreadgroup").length ?? 0;
  if (foreign.length === 0 || readers <= foreign.length) return [];
  const only = facts.neighbours?.all === true && facts.neighbours.streams.length === 0;
  const names = foreign.map(({ name }) => name);
  return [
    {
      id: "shared-consumer-name",
      severity: only ? "warning" : "note",
      what: `${counted(readers, "connection")} read groups, but only ${counted(foreign.length, "consumer name is", "consumer names are")} in use here: ${names.slice(0, 5).join(", ")}.`,
      why: `Two processes under one name cannot tell their pending entries apart: each takes the other's for its own after a restart, and works on them a second time.${only ? "" : " The others may read other streams; the server does not say."}`,
      mend: `${redisCli("CLIENT", "LIST", "TYPE", "normal")}  # give each process a name of its own, such as ${word(`${names[0]}-$HOSTNAME-$$`)}`,
    },
  ];
}
