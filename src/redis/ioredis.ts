import type { Redis, RedisOptions } from "ioredis";
import { OptionError } from "../errors.ts";
import type { Store } from "../store.ts";
import { createRedisStore, type RedisStoreOptions } from "./store.ts";
import type { Transport } from "./transport.ts";

export interface IoredisOptions extends RedisStoreOptions {
  /** Where Redis is, as in `redis://:password@host:6379/0` or `rediss://host:6380`. */
  readonly url: string;
  /** More options of ioredis: TLS, Sentinel. Those that the store depends on cannot be changed. */
  readonly redis?: Omit<RedisOptions, "protocol" | "replyMapping">;
}

/** A store that holds a connection, and can let it go. */
export interface ConnectedStore extends Store {
  /** Ends the connection; the next call makes a new one. */
  close(): void;
}

/**
 * The store over TCP, for functions beside their Redis. It connects at its first call and keeps one
 * connection while the function is warm; one that a freeze has killed is replaced, and what was in
 * flight on it is sent again by the protocol, not by the client.
 *
 * @throws OptionError when the url cannot be used.
 */
export function ioredis(options: IoredisOptions): ConnectedStore {
  if (!/^rediss?:\/\//.test(String(options.url))) {
    throw new OptionError(
      "Expected `url` to begin with redis:// or rediss://. Is the variable set?",
    );
  }
  const connection = keepConnection(options);
  const store = createRedisStore(connection.transport, options);
  return { ...store, close: connection.close };
}

function keepConnection(options: IoredisOptions) {
  let current: Redis | undefined;
  const reasons = new WeakMap<Redis, unknown>();

  async function connect(): Promise<Redis> {
    // Loaded by the first call: a function that only may use it starts without it.
    const { Redis } = await import("ioredis");
    if (current !== undefined && current.status !== "end") return current;
    const settings = {
      connectTimeout: 5_000,
      ...options.redis,
      protocol: 2 as const,
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      enableReadyCheck: false,
      retryStrategy: () => null,
    };
    current = new Redis(options.url, settings);
    // Commands of a connection that breaks only say that it closed; the event says why.
    const made = current;
    made.on("error", (error) => reasons.set(made, error));
    return made;
  }

  function drop(connection: Redis): void {
    connection.disconnect();
    if (current === connection) current = undefined;
  }

  const transport: Transport = {
    async command(args, signal) {
      const connection = await connect();
      const [name = "", ...rest] = args;
      const lost = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
      lost.catch(() => {});
      try {
        return { ok: true, reply: await Promise.race([connection.call(name, rest), lost]) };
      } catch (error) {
        if (error instanceof Error && error.name === "ReplyError") {
          return { ok: false, message: error.message };
        }
        // Silent or broken: whatever still comes on it would be an answer to somebody else.
        drop(connection);
        throw reasons.get(connection) ?? error;
      }
    },
  };

  return {
    transport,
    close: () => {
      if (current !== undefined) drop(current);
    },
  };
}
