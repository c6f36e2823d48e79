import type { Redis, RedisOptions } from "ioredis";
import { OptionError } from "../errors.ts";
import { checkPackage, IOREDIS, needed } from "../needed.ts";
import type { Store } from "../store.ts";
import { caughtIn } from "./script.ts";
import { createRedisStore, type RedisStoreOptions } from "./store.ts";
import type { Answer, Transport } from "./transport.ts";

export interface IoredisOptions extends RedisStoreOptions {
  /** Where Redis is, as in `redis://:password@host:6379/0` or `rediss://host:6380`. An unset variable is refused. */
  readonly url: string | undefined;
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
  const url = String(options.url);
  if (!/^rediss?:\/\//.test(url)) {
    throw new OptionError(
      "Expected `url` to begin with redis:// or rediss://. Is the variable set?",
    );
  }
  const connection = keepConnection(url, options.redis);
  const store = createRedisStore(connection.transport, options);
  return { ...store, close: connection.close };
}

/** What a server says that is no primary any more, or not yet. */
const UNFIT = /\b(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN)\b/;

function keepConnection(url: string, options: IoredisOptions["redis"]) {
  let current: Redis | undefined;
  const reasons = new WeakMap<Redis, unknown>();

  async function connect(): Promise<Redis> {
    // Loaded by the first call: a function that only may use it starts without it.
    const module = await needed("xdrain/ioredis", IOREDIS, () => import("ioredis"));
    // Before 5.3 the class is the default export alone.
    const Client = module.Redis ?? module.default;
    checkPackage("xdrain/ioredis", IOREDIS, typeof Client?.prototype?.call === "function");
    if (current !== undefined && current.status !== "end") return current;
    const settings = {
      connectTimeout: 5_000,
      ...options,
      protocol: 2 as const,
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      autoResubscribe: false,
      enableReadyCheck: false,
      retryStrategy: () => null,
    };
    current = new Client(url, settings);
    // Commands of a connection that breaks only say that it closed; the event says why.
    const made = current;
    made.on("error", (error) => reasons.set(made, error));
    return made;
  }

  /** After a failover the name may lead to another server: the next call looks it up anew. */
  function leaveUnfit(connection: Redis, answers: readonly Answer[]): void {
    if (current !== connection) return;
    if (
      !answers.some((answer) => UNFIT.test(answer.ok ? caughtIn(answer.reply) : answer.message))
    ) {
      return;
    }
    current = undefined;
    connection.quit().catch(() => {}); // behind what others have asked on it
  }

  function drop(connection: Redis): void {
    connection.disconnect();
    if (current === connection) current = undefined;
  }

  /** What the connection answers, until the signal; a connection that broke is not used again. */
  async function answered<Reply>(
    connection: Redis,
    signal: AbortSignal,
    asked: Promise<Reply>,
  ): Promise<Reply> {
    const lost = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    lost.catch(() => {});
    try {
      return await Promise.race([asked, lost]);
    } catch (error) {
      // Silent or broken: whatever still comes on it would be an answer to somebody else.
      drop(connection);
      throw reasons.get(connection) ?? error;
    }
  }

  const transport: Transport = {
    async command([name = "", ...rest], signal) {
      const connection = await connect();
      const asked = connection.call(name, rest).then(
        (reply) => answerOf([null, reply]),
        (error: Error) => answerOf([error, null]),
      );
      const answer = await answered(connection, signal, asked);
      leaveUnfit(connection, [answer]);
      return answer;
    },

    async pipeline(commands, signal) {
      const connection = await connect();
      const pipeline = connection.pipeline();
      for (const [name = "", ...rest] of commands) pipeline.call(name, rest);
      const asked = pipeline.exec().then((results) => (results ?? []).map(answerOf));
      const answers = await answered(connection, signal, asked);
      leaveUnfit(connection, answers);
      return answers;
    },
  };

  return {
    transport,
    close: () => {
      if (current !== undefined) drop(current);
    },
  };
}

function isRefusal(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

/** @throws what broke the connection, where the server gave no answer. */
function answerOf([error, reply]: readonly [Error | null, unknown]): Answer {
  if (error === null) return { ok: true, reply };
  if (isRefusal(error)) return { ok: false, message: error.message };
  throw error;
}
