import { PassThrough } from "node:stream";
import type { Redis } from "ioredis";
import { expect, onTestFinished } from "vitest";
import { runProgram } from "../../src/cli/program.ts";
import { diagnose } from "../../src/doctor/diagnose.ts";
import { examine } from "../../src/doctor/examine.ts";
import type { Facts } from "../../src/doctor/facts.ts";
import type { Finding } from "../../src/doctor/finding.ts";
import { serveGateway } from "../../src/gateway/index.ts";
import { createQueue, drain, type Queue, type Store } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { groupKeys } from "../../src/redis/keys.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { connectRaw, privateRedis } from "../support/redis.ts";

export type Way = "TCP" | "REST";
export const WAYS: readonly Way[] = ["TCP", "REST"];

/** A server of one's own with a queue on it that nothing is wrong with. */
export interface Patient {
  readonly url: string;
  readonly redis: Redis;
  readonly store: Store;
  readonly queue: Queue<unknown>;
  readonly keys: ReturnType<typeof groupKeys>;
  /** Any command. */
  call(name: string, ...args: (string | number)[]): Promise<unknown>;
  look(how?: LookOptions): Promise<Facts>;
  find(how?: LookOptions): Promise<readonly Finding[]>;
}

export interface LookOptions {
  readonly queue?: Queue<unknown>;
  readonly groupIsNamed?: boolean;
  /** What happens between the two looks; without it there is one. */
  readonly meanwhile?: () => Promise<unknown>;
}

export const HEALTHY = ["--appendonly", "yes", "--maxmemory", "200mb"];

export async function openPatient(way: Way, args: readonly string[] = HEALTHY): Promise<Patient> {
  const { url } = await privateRedis(args);
  const redis = connectRaw(url);
  onTestFinished(() => redis.disconnect());
  const between = { work: async (): Promise<unknown> => undefined };
  const store = watching(await openStore(way, url), between);
  const queue = createQueue<unknown>({ name: "orders", store });
  await queue.sendBatch([1, 2, 3].map((payload) => ({ payload })));
  await drain(queue, () => {}, { linger: false });
  const look: Patient["look"] = ({
    queue: other = queue,
    groupIsNamed = false,
    meanwhile,
  } = {}) => {
    between.work = async () => meanwhile?.();
    return examine(other, { watchMs: meanwhile === undefined ? 0 : 1, groupIsNamed });
  };
  return {
    url,
    redis,
    store,
    queue,
    keys: groupKeys(queue.resolved.storeQueue),
    call: (name, ...rest) => redis.call(name, ...rest),
    look,
    find: async (how) => diagnose(await look(how)),
  };
}

export async function openStore(way: Way, url: string): Promise<Store> {
  if (way === "TCP") {
    const store = ioredis({ url });
    onTestFinished(() => store.close());
    return store;
  }
  const gateway = await serveGateway({ redis: url, token: "a-token", stopTimeoutMs: 100 });
  onTestFinished(() => gateway.close());
  return upstash({ url: gateway.url, token: "a-token" });
}

/** The pause between two looks is what a test does in it. */
function watching(store: Store, between: { work: () => Promise<unknown> }): Store {
  return {
    ...store,
    async sleep(ms, signal) {
      if (ms !== 1) return store.sleep(ms, signal);
      await between.work();
    },
  };
}

export function idsOf(findings: readonly Finding[]): string[] {
  return findings.map(({ id }) => id);
}

/** The finding of that name, which has to be there. */
export function findingOf(findings: readonly Finding[], id: string): Finding {
  const found = findings.find((finding) => finding.id === id);
  if (found === undefined) return expect.fail(`There is no ${id} among ${idsOf(findings)}.`);
  return found;
}

/** The words of a command, as a shell would split it; what follows a # is for people. */
export function words(line: string): string[] {
  const command = line.replace(/ {2}# .*$/, "");
  return [...command.matchAll(/(?:'[^']*'|\\'|[^\s'\\])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|\\'/g, (_, quoted?: string) => quoted ?? "'"),
  );
}

/** Runs the commands that a finding names, as the person on call would; each message is then done. */
export async function mend(patient: Patient, finding: Finding): Promise<void> {
  for (const line of finding.mend.split(" && ")) await runLine(patient, line);
}

async function runLine({ call, url }: Patient, line: string): Promise<void> {
  const [program, ...args] = words(line);
  if (program === "redis-cli") {
    await call(args[0] ?? "", ...args.slice(1));
    return;
  }
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  output.resume();
  const given = args.flatMap((word) => (word === "…" ? ["--exec", "true"] : [word]));
  const { signal } = new AbortController();
  const env = { REDIS_URL: url, PATH: process.env.PATH ?? "" };
  const code = await runProgram(given, { env, input, output, errors, signal });
  expect(code, String(errors.read())).toBe(0);
}
