// A producer in a process of its own. It notes what it is about to send, sends it, and notes the ids
// that came back: only then a message counts as sent. One that finds notes of an earlier life sends
// what has an idempotency key and no id again; for the others it would mean to send them twice.

import { existsSync, readFileSync } from "node:fs";
import { SendError, type Sent } from "../../src/index.ts";
import { appendTo } from "./appender.ts";
import { type ProducerSettings, settingsOf, storeOf } from "./child-settings.ts";
import { isExpected } from "./expected.ts";
import { delayOf, isSentTwice, keyOf } from "./plan.ts";
import { chaosQueue } from "./queue.ts";
import { between, seeded } from "./random.ts";

const settings = settingsOf<ProducerSettings>();
const random = seeded(settings.seed, settings.name);
// Patient: what gets no answer in the end cannot be sent again, where it has no key.
const store = storeOf(settings.way, { attempts: 8 });
const queue = chaosQueue(store);

process.on("disconnect", () => process.exit());

/** Numbers to be sent again, each with its key. */
let again: number[] = [];
/** Those of this life that were sent a second time, on purpose. */
const repeated = new Set<number>();
let next = settings.first;
readNotes();
const note = appendTo(settings.ledger);

function readNotes(): void {
  if (!existsSync(settings.ledger)) return;
  const open = new Set<number>();
  for (const line of readFileSync(settings.ledger, "utf8").split("\n")) {
    const [kind, ...words] = line.split(" ");
    if (kind === "t") {
      for (const word of words) {
        const n = Number(word);
        next = Math.max(next, n + 1);
        open.add(n);
      }
    } else if (kind === "k") {
      for (const word of words.slice(1)) open.delete(Number(word.split(":")[0]));
    }
  }
  again = [...open].filter(hasKey);
}

function hasKey(n: number): boolean {
  return keyOf(n) !== undefined;
}

async function send(numbers: readonly number[]): Promise<void> {
  note(`t ${numbers.join(" ")}\n`);
  const messages = numbers.map((n) => {
    const [idempotencyKey, delay] = [keyOf(n), delayOf(n)];
    return {
      payload: { n },
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      ...(delay === undefined ? {} : { delay }),
    };
  });
  try {
    confirm(numbers, await queue.sendBatch(messages));
    for (const n of numbers) {
      if (!isSentTwice(n) || repeated.has(n)) continue;
      repeated.add(n);
      again.push(n);
    }
  } catch (error) {
    if (!(error instanceof SendError) || !isExpected(error.cause)) throw error;
    confirm(
      numbers,
      error.sentIds.map((id) => ({ id })),
    );
    const rest = numbers.slice(error.sentIds.length);
    again = again.concat(error.uncertain ? rest.filter(hasKey) : rest);
    await store.sleep(between(random, 50, 500));
  }
}

function confirm(numbers: readonly number[], sent: readonly Sent[]): void {
  if (sent.length === 0) return;
  note(`k ${Date.now()} ${sent.map(({ id }, i) => `${numbers[i]}:${id}`).join(" ")}\n`);
}

function dueBy(now: number): number {
  const share = Math.min(1, Math.max(0, now - settings.startAt) / settings.durationMs);
  return settings.first + Math.floor(share * (settings.end - settings.first));
}

const most = 2 * Math.ceil((settings.end - settings.first) / (settings.durationMs / 250));
while (next < settings.end || again.length > 0) {
  const count = Math.min(
    between(random, 1, Math.min(400, Math.max(10, most))),
    dueBy(Date.now()) - next,
  );
  const fresh = Array.from({ length: Math.max(0, count) }, (_, i) => next + i);
  next += fresh.length;
  const numbers = [...again.splice(0, 50), ...fresh];
  if (numbers.length > 0) await send(numbers);
  else await store.sleep(50);
}
process.exit();
