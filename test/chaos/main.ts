// `npm run chaos`: sends messages while everything is killed and cut, then counts what became of them.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCleanup } from "../../demo/cleanup.ts";
import { findRedisServer } from "../../scripts/local-redis.ts";
import { type ChaosOptions, HELP, readOptions } from "./options.ts";
import { quietEnv } from "./quiet-env.ts";
import { runChaos } from "./run.ts";

const KEPT = 0;
const BROKEN = 1;
const COULD_NOT_RUN = 2;
const SHOWN = 20;
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const say = (text: string) => process.stderr.write(text);
const cleanup = createCleanup((error) => say(`Clean-up: ${textOf(error)}\n`));
let stopping = false;
/** Whether the folder stays; it does after a failure, and then it is told where it is. */
let keep = false;
let tellFolder = () => {};
// Each child is ended with this process by a listener of its own.
process.setMaxListeners(50);

async function main(): Promise<number> {
  const asked = readOptions(process.argv.slice(2), () => Date.now() % 1_000_000);
  if ("help" in asked) {
    process.stdout.write(HELP);
    return KEPT;
  }
  if ("mistake" in asked) {
    say(`${asked.mistake}\n\n${HELP}`);
    return COULD_NOT_RUN;
  }
  const binary = findRedisServer({ install: true });
  if (binary === undefined) {
    say("Chaos needs a redis-server: in the PATH, or as a package that apt can download.\n");
    return COULD_NOT_RUN;
  }
  return run(asked.run, binary);
}

async function run(
  options: ChaosOptions,
  binary: NonNullable<ReturnType<typeof findRedisServer>>,
): Promise<number> {
  const { messages, seconds, seed, failover, beside } = options;
  const over = failover ? "a primary and a replica under Sentinel" : "one redis-server";
  const company = beside === undefined ? "" : `, with ${beside}`;
  say(`Chaos on ${over}: ${messages} messages in ${seconds} s, seed ${seed}${company}.\n`);
  const folder = mkdtempSync(join(tmpdir(), "xdrain-chaos-"));
  tellFolder = () => say(`Everything that was written down is in ${folder}\n`);
  cleanup.add(() => keep || rmSync(folder, { recursive: true, force: true }));
  const env = quietEnv(folder);
  const result = await runChaos(options, {
    binary,
    folder,
    env,
    cleanup,
    onProgress,
    onFailure: (text) => say(`\n${text}\n`),
  });
  const { violations, ...sums } = result;
  if (process.stderr.isTTY) say("\r\x1b[K");
  for (const violation of violations.slice(0, SHOWN)) say(`VIOLATION ${violation}\n`);
  if (violations.length > SHOWN) say(`… and ${violations.length - SHOWN} more\n`);
  if (violations.length > 0) {
    keep = true;
    tellFolder();
  }
  process.stdout.write(
    `${JSON.stringify({ messages, seed, failover, ...sums, violations: violations.length })}\n`,
  );
  return violations.length === 0 ? KEPT : BROKEN;
}

let shownAt = 0;
/** On a terminal each second, in a log each half minute. */
function onProgress(text: string): void {
  if (process.stderr.isTTY) {
    say(`\r\x1b[K${text.slice(0, 150)}`);
  } else if (Date.now() - shownAt >= 30_000) {
    shownAt = Date.now();
    say(`${text}\n`);
  }
}

async function end(code: number): Promise<never> {
  stopping = true;
  await cleanup.run();
  process.exit(code);
}

function fail(error: unknown): void {
  // What was cut off by the end itself is no news.
  if (stopping) return;
  say(`\nThe chaos could not run: ${textOf(error)}\n`);
  keep = true;
  tellFolder();
  void end(COULD_NOT_RUN);
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

for (const [signal, code] of Object.entries(SIGNALS)) {
  process.on(signal, () => {
    if (!stopping) void end(code);
  });
}
process.on("uncaughtException", fail);
process.on("unhandledRejection", fail);
main().then((code) => (stopping ? undefined : end(code)), fail);
