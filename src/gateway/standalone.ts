import type { Redis, RedisOptions } from "ioredis";
import * as ioredis from "ioredis";
import type { Backend } from "./backend.ts";
import {
  type ConnectionSettings,
  connectionOptions,
  dispatch,
  dispatchAll,
  gatherWrites,
  isReady,
  ready,
  toGatewayError,
} from "./connection.ts";
import { createExclusiveConnections } from "./exclusive.ts";
import { listenOn } from "./listen.ts";
import type { RedisTarget } from "./redis-url.ts";
import { captureReplies, runPing, runTransaction } from "./transaction.ts";

/** Before 5.3 the class is the default export alone. */
const Client = ioredis.Redis ?? ioredis.default;

/** One server, or the primary that sentinels name: a connection for all, and a few lent to one. */
export function connectServer(target: RedisTarget, settings: ConnectionSettings): Backend {
  const { connectTimeoutMs } = settings;
  const shared = open(target, settings);
  const exclusive = createExclusiveConnections(
    () => open(target, settings),
    settings.maxTransactions,
  );

  /** Runs `work` once the connection takes commands; what fails, fails as a GatewayError. */
  async function on<T>(client: Redis, work: (client: Redis) => Promise<T>): Promise<T> {
    try {
      if (!isReady(client)) await ready(client, connectTimeoutMs);
      return await work(client);
    } catch (error) {
      throw toGatewayError(error);
    }
  }

  return {
    call: (command) =>
      on(shared, (client) => {
        gatherWrites(client);
        return dispatch(client, command);
      }),
    pipeline: (commands) => on(shared, (client) => dispatchAll(client, commands)),
    transaction: (commands) =>
      exclusive.lend((client) => on(client, () => runTransaction(client, commands))),
    raw: (commands) =>
      exclusive.lend((client) => on(client, () => captureReplies(client, commands))),
    listen: (topic, listener) => listenOn(shared, topic, listener, connectTimeoutMs),
    ping: () => on(shared, runPing),
    close() {
      shared.disconnect();
      exclusive.close();
    },
  };
}

function open(target: RedisTarget, settings: ConnectionSettings): Redis {
  const client = new Client({
    ...connectionOptions(target, settings),
    ...route(target, settings),
    replyMapping: "legacy",
  });
  // The next command sees the state of the connection; without a listener ioredis prints the error.
  client.on("error", () => {});
  return client;
}

function route(target: RedisTarget, settings: ConnectionSettings): RedisOptions {
  if (target.primary === undefined) return { ...target.addresses[0] };
  return {
    sentinels: [...target.addresses],
    name: target.primary,
    ...(target.tls ? { enableTLSForSentinelMode: true, sentinelTLS: settings.tls } : {}),
    ...(target.sentinelUsername === undefined ? {} : { sentinelUsername: target.sentinelUsername }),
    ...(target.sentinelPassword === undefined ? {} : { sentinelPassword: target.sentinelPassword }),
  };
}
