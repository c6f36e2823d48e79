/** A command: its name in upper case, then its arguments; bytes stay bytes. */
export type RedisCommand = readonly [name: string, ...args: (string | Buffer)[]];

/**
 * What Redis answered. Strings are bytes; an integer is its decimal digits, so that 64 bits survive;
 * an `Error` is Redis's own error reply.
 */
export type Reply = Buffer | string | null | Error | readonly Reply[];

/** What a stream of events listens to. */
export type Topic =
  | { readonly kind: "subscribe" | "psubscribe"; readonly names: readonly string[] }
  | { readonly kind: "monitor" };

export interface Listener {
  /** One event, in Upstash's words: `message,<channel>,<text>`. */
  onEvent(text: string): void;
  /** The connection is gone; no event follows. */
  onEnd(): void;
}

/**
 * What the gateway needs of a Redis. Methods that run commands reject with a `GatewayError`:
 * `redis_unreachable` when nothing was sent, `redis_interrupted` when that cannot be known.
 */
export interface Backend {
  /** Runs one command. Rejects with Redis's own error reply where there is one. */
  call(command: RedisCommand): Promise<Reply>;
  /** Runs commands in order, not atomically; error replies stand in their places. */
  pipeline(commands: readonly RedisCommand[]): Promise<readonly Reply[]>;
  /**
   * Runs commands as one transaction. Rejects with `discarded` when Redis refuses to queue one of
   * them; an error while it runs stands in its place.
   */
  transaction(commands: readonly RedisCommand[]): Promise<readonly Reply[]>;
  /** Runs commands in order and returns their replies as Redis sent them, in RESP2. */
  raw(commands: readonly RedisCommand[]): Promise<Buffer>;
  /** Listens until the returned function is called. */
  listen(topic: Topic, listener: Listener): Promise<() => void>;
  /** Rejects unless Redis answers. */
  ping(): Promise<void>;
  /** Closes every connection; what is under way fails with `redis_interrupted`. */
  close(): void;
}
