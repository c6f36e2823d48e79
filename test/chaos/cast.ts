import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Cleanup } from "../../demo/cleanup.ts";
import { freePort } from "../../scripts/local-redis.ts";
import type {
  FunctionSettings,
  GatewaySettings,
  HostSettings,
  ProducerSettings,
  Way,
} from "./child-settings.ts";
import { startCollector } from "./collector.ts";
import { createFaults, HTTP_RATES } from "./faults.ts";
import { startHttpProxy } from "./http-proxy.ts";
import { RUNS, SENDS } from "./ledger.ts";
import type { ChaosOptions } from "./options.ts";
import { type Kept, keepRunning } from "./process.ts";
import { seeded } from "./random.ts";
import type { Topology } from "./topology.ts";

const OTHER_BUILD = pathToFileURL(join(import.meta.dirname, "other-build.ts")).href;

/** Everybody who takes part beside Redis, and the way between functions and gateway. */
export interface Cast {
  readonly gateway: Kept;
  readonly producers: readonly Kept[];
  readonly functions: readonly Kept[];
  readonly worker: Kept;
  struck(): Readonly<Record<string, number>>;
  calm(): void;
}

/** Starts them all; their ledgers go to `folder`. */
export async function startCast(
  topology: Topology,
  options: ChaosOptions,
  places: { readonly folder: string; readonly scratch: string; readonly env: NodeJS.ProcessEnv },
  onFailure: (text: string) => void,
  cleanup: Cleanup,
): Promise<Cast> {
  const { folder, scratch, env } = places;
  const { seed } = options;
  const token = randomBytes(20).toString("hex");
  const keep = (
    name: string,
    program: string,
    settings: (life: number) => object,
    envOf: (life: number) => NodeJS.ProcessEnv = () => env,
  ): Kept => {
    const kept = keepRunning({ name, program, env: envOf, settings, onFailure });
    cleanup.add(() => kept.stop(0));
    return kept;
  };

  const port = await freePort();
  const gateway = keep(
    "gateway",
    "gateway.child.ts",
    (): GatewaySettings => ({ redis: topology.gatewayRedis, port, token }),
  );
  const faults = createFaults(HTTP_RATES, seeded(seed, "http"));
  const proxy = await startHttpProxy(port, faults);
  cleanup.add(() => proxy.close());
  const rest: Way = { kind: "rest", url: `http://127.0.0.1:${proxy.port}`, token };
  const { tcp } = topology;
  // Half of them begin with the other build, and each next life has the other one of both.
  const isOther = (i: number, life: number) => options.beside !== undefined && (i + life) % 2 === 1;
  const takingTurns = (i: number) => (life: number) =>
    isOther(i, life)
      ? { ...env, CHAOS_BUILD: options.beside, NODE_OPTIONS: `--import=${OTHER_BUILD}` }
      : env;

  const settingsFor =
    (name: string, way: Way, i: number) =>
    (life: number): FunctionSettings => ({
      way,
      ledger: join(folder, `${isOther(i, life) ? "other-" : ""}${name}-${life}${RUNS}`),
      seed: seed + life,
      name,
    });
  const functionOver = (name: string, way: Way, i: number) =>
    keep(name, "function.child.ts", settingsFor(name, way, i), takingTurns(i));
  const functions = [
    functionOver("rest-1", rest, 0),
    functionOver("rest-2", rest, 1),
    functionOver("rest-3", rest, 2),
    functionOver("tcp-1", tcp, 3),
  ];

  const collector = await startCollector(folder);
  cleanup.add(() => collector.close());
  const worker = keep(
    "worker",
    "worker-host.child.ts",
    (life): HostSettings => ({
      folder: scratch,
      vars: {
        REST_URL: rest.url,
        REST_TOKEN: token,
        LEDGER_URL: collector.urlFor(`worker-${life}${RUNS}`),
      },
    }),
  );

  const startAt = Date.now() + 2_000;
  const ways = [rest, rest, tcp];
  const share = (i: number) => Math.floor((options.messages * i) / ways.length);
  const producers = ways.map((way, i) => {
    const name = `producer-${i + 1}`;
    return keep(
      name,
      "producer.child.ts",
      (life): ProducerSettings => ({
        ...settingsFor(name, way, i)(life),
        ledger: join(folder, `${name}${SENDS}`),
        first: share(i),
        end: share(i + 1),
        startAt,
        durationMs: options.seconds * 1_000,
      }),
      takingTurns(i),
    );
  });
  return {
    gateway,
    producers,
    functions,
    worker,
    struck: () => faults.struck,
    calm: () => faults.calm(),
  };
}
