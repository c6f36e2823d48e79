import type { Redis } from "ioredis";
import { inject } from "vitest";
import { type LocalRedis, startRedis } from "../../scripts/local-redis.ts";
import { type GatewayServer, serveGateway, type UpstashLike } from "../../src/gateway/index.ts";
import { createQueue, drain } from "../../src/index.ts";
import { systemClock } from "../../src/redis/clock.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { createRedisStore } from "../../src/redis/store.ts";
import type { Transport } from "../../src/redis/transport.ts";
import { upstash } from "../../src/redis/upstash.ts";
import type { Clock, Store } from "../../src/store.ts";
import { faultyStore, memoryStore } from "../../src/testing.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { ageStarts, letTimePass } from "../support/time-travel.ts";
import { movingClock } from "./moving-clock.ts";
import { outsideMemory, outsideRedis } from "./outside.ts";
import { type Loss, lossesInOrder, type Target } from "./target.ts";

/** The system's time, but the pauses before a request is repeated (all under a second) are left out. */
const HASTY: Clock = {
  ...systemClock,
  sleep: (ms, signal) => (ms < 1_000 ? Promise.resolve() : systemClock.sleep(ms, signal)),
};

/** A process that was restored from a snapshot draws what all of its twins draw. */
const asTwin = (clock: Clock): Clock => ({ ...clock, random: () => 0.5 });

export async function memoryTarget(): Promise<Target> {
  const clock = movingClock();
  const store = memoryStore({ clock });
  return {
    store,
    async faulty(...losses) {
      const next = lossesInOrder(losses);
      return faultyStore(store, async () => {
        const lost = await next();
        return lost === undefined ? undefined : (`${lost} lost` as const);
      });
    },
    twin: () =>
      faultyStore({ ...store, memory: { ...store.memory, clock: asTwin(clock) } }, () => undefined),
    pass: async (ms) => clock.advance(ms),
    age: async (_, ms) => clock.advance(ms),
    outside: (queue) => outsideMemory(store, queue),
    close: async () => {},
  };
}

/** The store over TCP; requests are lost on the way of a client of the test's own. */
export async function tcpTarget(): Promise<Target> {
  const url = inject("redisUrl");
  const raw = connectRaw(url);
  const store = ioredis({ url });
  await warmUp(store);
  return {
    store,
    faulty: (...losses) =>
      taught((network) => createRedisStore(commandsOf(raw, network), { clock: HASTY }), losses),
    twin: () => createRedisStore(commandsOf(raw, direct), { clock: asTwin(systemClock) }),
    ...aroundRedis(raw),
    async close() {
      store.close();
      raw.disconnect();
    },
  };
}

/** The store over REST, through a gateway; requests are lost below `fetch`. */
export async function restTarget(url = inject("redisUrl")): Promise<Target> {
  const gateway = await serveGateway({ redis: url, token: "a-token" });
  return restTargetAt(url, { healthy: gateway, faulty: gateway });
}

/**
 * The same, through gateways that are like Upstash. Requests that get lost are counted, so they go
 * through one that always knows its scripts.
 */
export async function upstashLikeTarget(settings: UpstashLike): Promise<Target> {
  const redis = inject("redisUrl");
  const serve = (likeUpstash: UpstashLike) =>
    serveGateway({ redis, token: "a-token", likeUpstash });
  const healthy = await serve(settings);
  const faulty = await serve({ ...settings, unknownScripts: 0 });
  return restTargetAt(redis, { healthy, faulty }, ".upstash.io");
}

/** Stores reach their gateways by the hosts `healthy` and `faulty`, of the domain given. */
async function restTargetAt(
  url: string,
  gateways: { readonly healthy: GatewayServer; readonly faulty: GatewayServer },
  domain = ".test",
): Promise<Target> {
  const raw = connectRaw(url);
  const routes = routeFetch();
  const token = "a-token";
  const healthy = routes.add(`healthy${domain}`, gateways.healthy.url);
  const store = upstash({ url: healthy, token });
  let networks = 0;
  const behind = (network: Network) => {
    networks += 1;
    const url = routes.add(`faulty-${networks}${domain}`, gateways.faulty.url, network);
    return upstash({ url, token, clock: HASTY });
  };
  await warmUp(store, behind(direct));
  return {
    store,
    faulty: (...losses) => taught(behind, losses),
    twin: () => upstash({ url: healthy, token, clock: asTwin(systemClock) }),
    ...aroundRedis(raw),
    async close() {
      routes.restore();
      raw.disconnect();
      await gateways.healthy.close();
      await gateways.faulty.close();
    },
  };
}

/** REST in front of the embedded server, which runs where no redis-server does. */
export async function embeddedTarget(): Promise<Target> {
  const server: LocalRedis = await startRedis(undefined);
  const target = await restTarget(server.url);
  return {
    ...target,
    async close() {
      await target.close();
      await server.stop();
    },
  };
}

function aroundRedis(raw: Redis): Pick<Target, "pass" | "age" | "outside"> {
  const now = async () => {
    const [seconds, micros] = await raw.time();
    return Number(seconds) * 1_000 + Number(micros) / 1_000;
  };
  return {
    outside: (queue) => outsideRedis(raw, queue),
    async age({ stream, group, rateLimit }, ms) {
      await letTimePass(raw, stream, ms, group);
      if (rateLimit !== undefined) await ageStarts(raw, stream, group, ms / rateLimit.perMs);
    },
    async pass(ms) {
      const until = (await now()) + ms;
      while ((await now()) <= until) await new Promise((resolve) => setTimeout(resolve, 2));
    },
  };
}

/** Carries requests; throws where one is lost, and runs it before where its response is. */
type Network = <Answer>(request: () => Promise<Answer>) => Promise<Answer>;

const direct: Network = (request) => request();

/**
 * A store over a network with losses of its own: tests run side by side, and none may meet another's.
 * They hit what is asked once the store has learned what its server takes.
 */
async function taught(
  storeOver: (network: Network) => Store,
  losses: readonly Loss[],
): Promise<Store> {
  let next = lossesInOrder([]);
  const store = storeOver(async (request) => {
    const lost = await next();
    if (lost === "request") throw new TypeError("The request was lost.");
    const answer = await request();
    if (lost === "response") throw new TypeError("The response was lost.");
    return answer;
  });
  await drain(createQueue({ name: uniqueName(), store }), () => {});
  next = lossesInOrder(losses);
  return store;
}

function commandsOf(redis: Redis, network: Network): Transport {
  return {
    command: ([name = "", ...args]) =>
      network(async () => {
        try {
          return { ok: true, reply: await redis.call(name, ...args) };
        } catch (error) {
          if (!(error instanceof Error) || error.name !== "ReplyError") throw error;
          return { ok: false, message: error.message };
        }
      }),
  };
}

/** Brings requests to made-up hosts to the servers behind them. */
function routeFetch() {
  const { fetch } = globalThis;
  const routes = new Map<string, { readonly server: string; readonly network: Network }>();
  globalThis.fetch = (input, init) => {
    const { hostname, pathname } = new URL(String(input));
    const route = routes.get(hostname);
    if (route === undefined) return fetch(input, init);
    return route.network(() => fetch(new URL(pathname, route.server), init));
  };
  return {
    /** @returns the address to ask for */
    add(hostname: string, server: string, network = direct): string {
      routes.set(hostname, { server, network });
      return `http://${hostname}`;
    },
    restore() {
      globalThis.fetch = fetch;
    },
  };
}

/** Teaches the server the scripts, so that a loss hits one that runs. */
async function warmUp(...stores: readonly Store[]): Promise<void> {
  for (const store of stores) {
    const queue = createQueue({ name: uniqueName(), store });
    await queue.send(1);
    await drain(queue, () => {});
    await drain([queue, createQueue({ name: uniqueName(), store })], () => {});
    await store.trim(queue.resolved.storeQueue, ["xdrain"], {});
    await queue.deadLetters.redrive(["1-0"]);
    const { id } = await queue.send(1, { delay: "1 h" });
    await queue.cancel(id);
    await queue.replay({ from: "0" });
    await queue.retire();
    await queue.repair();
    await queue.depth();
    await queue.pause();
    await queue.resume();
  }
}
