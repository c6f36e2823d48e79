import type { ConnectionOptions } from "node:tls";
import { type Cluster, Command, type Redis, type RedisOptions } from "ioredis";
import type { RedisCommand, Reply } from "./backend.ts";
import { GatewayError } from "./errors.ts";
import type { RedisTarget } from "./redis-url.ts";

/** What every connection needs to know beside the target. */
export interface ConnectionSettings {
  readonly tls: ConnectionOptions;
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly maxTransactions: number;
}

/** ioredis options for a target; addresses are added by whoever opens the connection. */
export function connectionOptions(target: RedisTarget, settings: ConnectionSettings): RedisOptions {
  return {
    // RESP3 would flatten XREADGROUP's reply and turn others into maps.
    protocol: 2,
    // Integers stay digits: 64 bits do not fit a JavaScript number.
    stringNumbers: true,
    // A command is sent now or not at all. Kept back or sent again, it could run after its request
    // was answered with an error, or twice.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt - 1, 5), 1000),
    // After a failover the old primary may live on as a replica under the same address.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    connectTimeout: settings.connectTimeoutMs,
    // A connection that owes an answer for longer than any request waits is dead.
    socketTimeout: settings.requestTimeoutMs,
    autoResubscribe: false,
    disableClientInfo: true,
    db: target.database,
    ...(target.username === undefined ? {} : { username: target.username }),
    ...(target.password === undefined ? {} : { password: target.password }),
    ...(target.tls ? { tls: settings.tls } : {}),
  };
}

/** Sends one command. Resolves with bytes and digits, whatever the command's name. */
export function dispatch(client: Redis | Cluster, command: RedisCommand): Promise<Reply> {
  const sent = new Command(command[0], command.slice(1), { replyEncoding: null });
  client.sendCommand(sent);
  return sent.promise;
}

/**
 * Holds back what is written to the connection until this turn of the event loop ends, so that the
 * commands of all requests that came in together leave in one system call.
 */
export function gatherWrites(client: Redis): void {
  const { stream } = client;
  if (stream.writableCorked > 0) return;
  stream.cork();
  setImmediate(() => stream.uncork());
}

/** Sends commands in order and waits for all; error replies stand in their places. */
export function dispatchAll(client: Redis, commands: readonly RedisCommand[]): Promise<Reply[]> {
  gatherWrites(client);
  return settleAll(commands.map((command) => dispatch(client, command)));
}

/** Waits for all replies; rejects if any of them is not from Redis, but only when all are settled. */
export async function settleAll(replies: readonly Promise<Reply>[]): Promise<Reply[]> {
  const settled = await Promise.all(replies.map((reply) => reply.catch((error: Error) => error)));
  for (const reply of settled) {
    if (reply instanceof Error && !isErrorReply(reply)) throw reply;
  }
  return settled;
}

/** True for an error that Redis itself answered: the command had its turn. */
export function isErrorReply(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

// ioredis has no codes for these; a test breaks the connection in each of the ways.
const NEVER_SENT = [
  "Stream isn't writeable and enableOfflineQueue options is false",
  "Cluster isn't ready and enableOfflineQueue options is false",
];

/** Turns what ioredis rejects with into ours; Redis's own error replies stay as they are. */
export function toGatewayError(error: unknown): unknown {
  if (isErrorReply(error) || error instanceof GatewayError) return error;
  const message = error instanceof Error ? error.message : "";
  if (NEVER_SENT.includes(message)) return unreachable(error);
  return interrupted(error);
}

/** Sent, perhaps, and not answered. */
export function interrupted(cause: unknown): GatewayError {
  return new GatewayError(
    "redis_interrupted",
    "ERR the connection to Redis broke; the command may have run, or not",
    { cause: bare(cause) },
  );
}

/** No connection, nothing sent. */
export function unreachable(cause: unknown): GatewayError {
  return new GatewayError("redis_unreachable", "ERR Redis cannot be reached", {
    cause: bare(cause),
  });
}

/** ioredis hangs the command on its errors: AUTH with the password, or a payload. Ours do without. */
function bare(error: unknown): Error | undefined {
  return error instanceof Error ? new Error(error.message) : undefined;
}

/** True if a command would be sent now; a connection that is being closed says "ready" for a while. */
export function isReady(client: Redis | Cluster): boolean {
  return client.status === "ready" && (!("stream" in client) || client.stream.writable);
}

/** Waits until a connection can take commands; rejects with `redis_unreachable` after `timeoutMs`. */
export function ready(client: Redis | Cluster, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let last: unknown;
    const onError = (error: Error) => {
      last = error;
    };
    const stop = () => {
      clearTimeout(timer);
      client.off("ready", onReady);
      client.off("end", onEnd);
      client.off("error", onError);
    };
    const onReady = () => {
      stop();
      resolve();
    };
    const onEnd = () => {
      stop();
      reject(unreachable(last));
    };
    const timer = setTimeout(onEnd, timeoutMs);
    if (isReady(client)) return onReady();
    // Each request that waits listens for itself, as many as the gateway's limits let in.
    client.setMaxListeners(0);
    client.on("ready", onReady);
    client.on("end", onEnd);
    client.on("error", onError);
    if (client.status === "wait" || client.status === "end") client.connect().catch(onError);
  });
}
