import { millisecondsOf } from "../../oldest-ready.ts";
import type { EntryFacts, Facts } from "../facts.ts";
import type { Check, Finding } from "../finding.ts";
import { counted, xdrain } from "../words.ts";

/** How soon a client sends again what got no answer. */
const SOON_MS = 10_000;

/** Clients that are known to send a command again after a broken connection, unless told not to. */
const RETRYING = /ioredis|redis-py|jedis|lettuce|redisson|upstash|go-redis|predis/i;

/** A client that sends again by itself, and so stores a message twice. */
export const checkRetries: Check = (facts) => {
  const doubles = twice(facts);
  return doubles.length > 0 ? doubles : senders(facts);
};

/** Messages that xdrain sends are stored once however often the request comes. */
function twice(facts: Facts): Finding[] {
  const foreign = facts.newest.filter(({ fields }) => !fields.some(isOurs));
  const pairs = foreign.filter((entry, i) =>
    foreign.slice(i + 1).some((older) => isSame(entry, older)),
  );
  const [first] = pairs;
  if (first === undefined) return [];
  // Where most are alike, that is what the producer sends: ticks, say.
  const alike = pairs.length > foreign.length / 2 && foreign.length > 2;
  return [
    {
      id: "hidden-retries",
      severity: alike ? "note" : "warning",
      what: `${counted(pairs.length, "entry", "entries")} of the newest ${facts.newest.length} ${pairs.length === 1 ? "is" : "are"} the same as another of a moment before (${first.id}).`,
      why: "That is what a client leaves behind which sends XADD again after a lost response. Only the producer can know whether it meant to send twice.",
      mend: `${xdrain(facts, "send")} …  # sends are stored once; elsewhere turn the client's retries off, or name an idempotency key in a field`,
    },
  ];
}

function isOurs(text: string, place: number): boolean {
  return place % 2 === 0 && text.startsWith("xd:");
}

function isSame(newer: EntryFacts, older: EntryFacts): boolean {
  const apart = millisecondsOf(newer.id) - millisecondsOf(older.id);
  return apart <= SOON_MS && JSON.stringify(newer.fields) === JSON.stringify(older.fields);
}

function senders(facts: Facts): Finding[] {
  const found = (facts.server.clients ?? []).filter(
    ({ command, library }) => command === "xadd" && RETRYING.test(library),
  );
  const libraries = [...new Set(found.map(({ library }) => library))].sort();
  if (libraries.length === 0) return [];
  return [
    {
      id: "client-may-retry",
      severity: "note",
      what: `${counted(found.length, "connection")} with ${libraries.join(", ")} ${found.length === 1 ? "sends" : "send"} with XADD.`,
      why: "These clients send a command again after a broken connection where that is not turned off, and XADD then stores the message twice. Whether it is turned off cannot be seen from here.",
      mend: `${xdrain(facts, "send")} …  # sends are stored once; with ioredis: maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false`,
    },
  ];
}
