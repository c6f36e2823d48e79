import { millisecondsOf } from "../../oldest-ready.ts";
import type { Facts } from "../facts.ts";
import type { Check, Finding } from "../finding.ts";
import { length, redisCli } from "../words.ts";

const FAR_MS = 5_000;
/** Beyond it signed requests are refused. */
const TOO_FAR_MS = 300_000;

/** Clocks that do not agree. */
export const checkClock: Check = (facts) => [
  ...farOff(facts),
  ...(facts.stream?.lastId === LAST_ID ? exhausted(facts) : wentBack(facts)),
];

/** No id comes after it. */
const LAST_ID = "18446744073709551615-18446744073709551615";

/** Somebody added an entry with the last possible id: from then on every XADD fails. */
function exhausted({ queue: { stream }, newest, groups, server }: Facts): Finding[] {
  const before = newest.find(({ id }) => id !== LAST_ID)?.id ?? `${server.now}-0`;
  const passed = groups.filter(({ lastDelivered }) => lastDelivered === LAST_ID);
  return [
    {
      id: "ids-exhausted",
      severity: "problem",
      what: "An entry was added with the last possible id, so nothing can be added to the stream any more.",
      why: "Every send fails with the code store_exhausted. Deleting the entry does not help: Redis remembers its id.",
      mend: [
        redisCli("XDEL", stream, LAST_ID),
        redisCli("XSETID", stream, before),
        ...passed.map(({ name }) => redisCli("XGROUP", "SETID", stream, name, before)),
      ].join(" && "),
    },
  ];
}

function farOff({ server: { aheadMs, roundTripMs } }: Facts): Finding[] {
  const off = Math.abs(aheadMs) - roundTripMs / 2;
  if (off < FAR_MS) return [];
  return [
    {
      id: "clock-off",
      severity: off >= TOO_FAR_MS ? "problem" : "warning",
      what: `The clock of Redis is ${length(off)} ${aheadMs > 0 ? "ahead of" : "behind"} the one here. Which of them is right cannot be told from here.`,
      why: "Leases and due times go by the clock of Redis alone; but messages for a date (`deliverAt`) come at the wrong time, and requests that are signed with a wrong clock are refused.",
      mend: "timedatectl set-ntp true  # on the machine whose clock is wrong",
    },
  ];
}

/** Ids are times: one in the future was made by a clock that has gone back, or by a producer. */
function wentBack({ stream, server }: Facts): Finding[] {
  const ahead = stream === undefined ? 0 : millisecondsOf(stream.lastId) - server.now;
  if (ahead < FAR_MS) return [];
  return [
    {
      id: "ids-in-the-future",
      severity: "warning",
      what: `The newest id of the stream is ${length(ahead)} ahead of the clock of Redis.`,
      why: "Either that clock has gone back, so that leases and retries last longer, or a producer makes ids of its own; ages and the time sent are wrong until then.",
      mend: "timedatectl set-ntp true  # on the machine of Redis; producers should send with the id *",
    },
  ];
}
