import type { Redis } from "ioredis";
import { type Data, type RawEntries, toEntries } from "./entries.ts";

const BLOCK_MS = 20;
const CLAIM_AFTER_MS = 60_000;
const MAX_RETRIES = 3;

export interface WorkerSettings {
  /** By priority. */
  readonly streams: readonly string[];
  readonly group: string;
  readonly name: string;
  readonly count?: number;
  /** A stream after the other, not all in one XREADGROUP. */
  readonly inTurn?: boolean;
  readonly deadLetters?: string;
  /** Messages until it ends. */
  readonly limit?: number;
  /** Else until nothing is left. */
  readonly untilTold?: boolean;
  readonly declined?: readonly string[];
  readonly hangAt?: string;
}

interface Message {
  readonly stream: string;
  readonly id: string;
  readonly data: Data;
}

/** The bank says no. */
class Declined extends Error {}

/** A worker of a consumer group: reads, works, acknowledges, counts retries, gives up. */
export class Worker {
  readonly #redis: Redis;
  readonly #report: (event: Readonly<Record<string, string>>) => void;
  readonly #settings: WorkerSettings;
  readonly #count: number;
  readonly #tries: Data[] = [];
  readonly #done: unknown[] = [];
  #running = true;

  constructor(
    redis: Redis,
    report: (event: Readonly<Record<string, string>>) => void,
    settings: WorkerSettings,
  ) {
    this.#redis = redis;
    this.#report = report;
    this.#settings = settings;
    this.#count = settings.count ?? 10;
  }

  async run() {
    const { streams, limit = Number.POSITIVE_INFINITY, untilTold = false } = this.#settings;
    process.on("SIGTERM", () => {
      this.#running = false;
    });
    for (const stream of streams) await this.#createGroup(stream);
    while (this.#running && this.#tries.length < limit) {
      const messages = [...(await this.#claimStale()), ...(await this.#readNew())];
      if (messages.length === 0 && !untilTold) break;
      for (const message of messages) await this.#handle(message);
    }
    return { tries: this.#tries, done: this.#done };
  }

  async #createGroup(stream: string): Promise<void> {
    try {
      await this.#redis.xgroup("CREATE", stream, this.#settings.group, "0", "MKSTREAM");
    } catch (error) {
      if (!String(error).includes("BUSYGROUP")) throw error;
    }
  }

  /** What a worker that died has left pending. */
  async #claimStale(): Promise<Message[]> {
    const { streams, group, name } = this.#settings;
    const messages: Message[] = [];
    for (const stream of streams) {
      const [, entries] = (await this.#redis.xautoclaim(
        ...([stream, group, name, CLAIM_AFTER_MS, "0-0", "COUNT", this.#count] as const),
      )) as [string, RawEntries];
      messages.push(...toEntries(entries).map(([id, data]) => ({ stream, id, data })));
    }
    return messages;
  }

  async #readNew(): Promise<Message[]> {
    const { streams, group, name, inTurn = false } = this.#settings;
    for (const asked of inTurn ? streams.map((stream) => [stream]) : [streams]) {
      const reply = (await this.#redis.xreadgroup(
        ...(["GROUP", group, name, "COUNT", this.#count, "BLOCK", BLOCK_MS, "STREAMS"] as const),
        ...asked,
        ...asked.map(() => ">"),
      )) as [string, RawEntries][] | null;
      if (reply === null) continue;
      return reply.flatMap(([stream, entries]) =>
        toEntries(entries).map(([id, data]) => ({ stream, id, data })),
      );
    }
    return [];
  }

  async #handle(message: Message): Promise<void> {
    this.#tries.push(message.data);
    try {
      await this.#work(message);
    } catch (error) {
      if (!(error instanceof Declined)) throw error;
      await this.#tryAgain(message, error.message);
    }
    await this.#redis.xack(message.stream, this.#settings.group, message.id);
    this.#report({ settled: message.id });
  }

  async #work({ stream, id, data }: Message): Promise<void> {
    const { declined = [], hangAt } = this.#settings;
    const { order_id = "" } = data;
    if (order_id === hangAt) {
      this.#report({ hangs: id });
      await new Promise(() => {});
    }
    if (declined.includes(order_id)) throw new Declined("card declined");
    this.#done.push({ stream, id, item: data.item, total: Number(data.total) });
  }

  async #tryAgain({ stream, data }: Message, reason: string): Promise<void> {
    const retries = Number(data.retry_count ?? 0);
    const copy = Object.entries(data).flat();
    if (retries < MAX_RETRIES) {
      const again = Object.entries({ ...data, retry_count: retries + 1 }).flat();
      await this.#redis.xadd(stream, "*", ...again);
      return;
    }
    const { deadLetters = "orders_dlq" } = this.#settings;
    const failedAt = Math.floor(Date.now() / 1_000);
    await this.#redis.xadd(deadLetters, "*", ...copy, "failed_at", failedAt, "reason", reason);
  }
}
