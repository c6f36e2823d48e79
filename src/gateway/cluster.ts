import { Cluster, Command, type Redis } from "ioredis";
import type { Backend, RedisCommand, Reply } from "./backend.ts";
import {
  type ConnectionSettings,
  connectionOptions,
  dispatch,
  isReady,
  ready,
  settleAll,
  toGatewayError,
  unreachable,
} from "./connection.ts";
import { GatewayError } from "./errors.ts";
import { createExclusiveConnections, type ExclusiveConnections } from "./exclusive.ts";
import { listenOn } from "./listen.ts";
import type { RedisTarget } from "./redis-url.ts";
import { captureReplies, discarded, runTransaction } from "./transaction.ts";

const MOVED = "MOVED ";

/**
 * A Redis Cluster. Each command goes to the node that holds its keys; one without keys (SCAN, KEYS,
 * DBSIZE, FLUSHALL, SCRIPT LOAD) goes to any one node. A transaction's keys must share a slot.
 */
export function connectCluster(target: RedisTarget, settings: ConnectionSettings): Backend {
  const { connectTimeoutMs } = settings;
  const cluster = open(target, settings);
  const pools = createNodePools(settings.maxTransactions);

  async function on<T>(work: () => Promise<T>): Promise<T> {
    try {
      if (!isReady(cluster)) await ready(cluster, connectTimeoutMs);
      return await work();
    } catch (error) {
      throw toGatewayError(error);
    }
  }

  /** Runs `work` on a connection of its own to the node that holds a slot. */
  function alone<T>(slot: number | null, work: (client: Redis) => Promise<T>): Promise<T> {
    return pools.of(nodeFor(cluster, slot)).lend(async (client) => {
      await ready(client, connectTimeoutMs);
      return work(client);
    });
  }

  return {
    call: (command) => on(() => send(cluster, command)),
    pipeline: (commands) => on(() => settleAll(commands.map((one) => send(cluster, one)))),
    transaction(commands) {
      const run = () => alone(commonSlot(commands), (client) => runTransaction(client, commands));
      return on(async () => {
        try {
          return await run();
        } catch (error) {
          if (!hasMoved(error)) throw error;
          await lookAgain(cluster);
          return run();
        }
      });
    },
    async raw(commands) {
      const replies: Buffer[] = [];
      for (const command of commands) {
        const run = () => alone(slotOf(command), (client) => captureReplies(client, [command]));
        const reply = await on(run);
        if (reply.indexOf(MOVED) !== 1) {
          replies.push(reply);
          continue;
        }
        await lookAgain(cluster);
        replies.push(await on(run));
      }
      return Buffer.concat(replies);
    },
    listen: async (topic, listener) => {
      if (topic.kind === "monitor") {
        throw new GatewayError(
          "bad_request",
          "ERR MONITOR shows one server, and this is a cluster",
        );
      }
      await on(() => Promise.resolve());
      // Cluster nodes pass every message on to each other: any node will do.
      const node = cluster.nodes("master")[0];
      if (node === undefined) throw unreachable(undefined);
      return listenOn(node, topic, listener, connectTimeoutMs);
    },
    ping: () => on(async () => void (await dispatch(cluster, ["PING"]))),
    close() {
      pools.close();
      cluster.disconnect();
    },
  };
}

function open(target: RedisTarget, settings: ConnectionSettings): Cluster {
  const {
    // A node's connection is opened by its first command, which has to wait in its queue.
    enableOfflineQueue: _queue,
    // A lost node is left to the cluster's own view of itself.
    retryStrategy: _retry,
    // See below.
    stringNumbers: _digits,
    ...redisOptions
  } = connectionOptions(target, settings);
  const cluster = new Cluster([...target.addresses], {
    redisOptions: { ...redisOptions, replyMapping: "legacy" },
    // Else a command whose connection broke would be sent again, and perhaps run twice.
    retryDelayOnFailover: 0,
    slotsRefreshTimeout: settings.connectTimeoutMs,
    clusterRetryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt - 1, 5), 1000),
  });
  cluster.on("error", () => {});
  cluster.on("+node", keepDigits);
  return cluster;
}

/**
 * Integers stay digits, but not on the connection that asks for CLUSTER SLOTS: ioredis compares the
 * slot numbers it reads there, and as text "5461" is not below "10922".
 */
function keepDigits(node: Redis): void {
  node.options.stringNumbers = true;
  const duplicate = node.duplicate.bind(node);
  node.duplicate = (override) => {
    const copy = duplicate(override);
    if (copy.options.connectionName?.includes("refresher")) copy.options.stringNumbers = false;
    return copy;
  };
}

/** True for a transaction that was sent to a node which has given the slot away: nothing ran. */
function hasMoved(error: unknown): boolean {
  const cause = error instanceof GatewayError ? error.cause : undefined;
  return cause instanceof Error && cause.message.startsWith(MOVED);
}

/** Asks the cluster where its slots are now. */
function lookAgain(cluster: Cluster): Promise<void> {
  return new Promise((resolve) => cluster.refreshSlotsCache(() => resolve()));
}

/** The slot of a command's first key; null without keys, or where they cannot be told. */
function slotOf([name, ...args]: RedisCommand): number | null {
  try {
    return new Command(name, args).getSlot();
  } catch {
    // Too few arguments, or a number of keys that is none. Redis says so better than we could.
    return null;
  }
}

function send(cluster: Cluster, command: RedisCommand): Promise<Reply> {
  try {
    return dispatch(cluster, command);
  } catch {
    // ioredis found no keys where it looked for them, and sent nothing.
    return dispatch(nodeFor(cluster, null), command);
  }
}

function nodeFor(cluster: Cluster, slot: number | null): Redis {
  const nodes = cluster.nodes("master");
  const key = slot === null ? undefined : cluster.slots[slot]?.[0];
  const found = nodes.find(({ options }) => `${options.host}:${options.port}` === key) ?? nodes[0];
  if (found === undefined) throw unreachable(undefined);
  return found;
}

/** The one slot that all keys of a transaction share. */
function commonSlot(commands: readonly RedisCommand[]): number | null {
  const slots = new Set(commands.map(slotOf).filter((slot) => slot !== null));
  if (slots.size > 1) {
    throw discarded(new Error("CROSSSLOT Keys in request don't hash to the same slot"));
  }
  const [slot = null] = slots;
  return slot;
}

/** Connections lent to one piece of work at a time, a few for each node. */
function createNodePools(most: number) {
  const pools = new Map<Redis, ExclusiveConnections>();
  return {
    of(node: Redis): ExclusiveConnections {
      const known = pools.get(node);
      if (known !== undefined) return known;
      const pool = createExclusiveConnections(() => {
        const client = node.duplicate();
        client.on("error", () => {});
        return client;
      }, most);
      pools.set(node, pool);
      node.once("end", () => {
        pools.delete(node);
        pool.close();
      });
      return pool;
    },
    close() {
      for (const pool of pools.values()) pool.close();
    },
  };
}
