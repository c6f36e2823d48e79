// A redis-server whose clock stands where a test puts it, by libfaketime: TIME, ids, idle times and
// expiry follow it. The library is the system's, else a private copy as for the server itself.

import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedisServer, type LocalRedis, startRedis } from "./local-redis.ts";
import { CACHE, unpackPackages } from "./unpack-packages.ts";

const PRIVATE = join(CACHE, "faketime");

/** A private redis-server, and its clock. */
export interface ClockedRedis extends LocalRedis {
  /** Sets the clock: milliseconds since 1970. It stands still until the next call. */
  setClock(ms: number): void;
}

function libraryIn(root: string): string | undefined {
  if (!existsSync(join(root, "usr/lib"))) return undefined;
  return readdirSync(join(root, "usr/lib"))
    .map((folder) => join(root, "usr/lib", folder, "faketime/libfaketimeMT.so.1"))
    .find((path) => existsSync(path));
}

/** The system's libfaketime or the private copy; with `install`, makes that copy if it can. */
export function findFaketime(options: { install: boolean }): string | undefined {
  const found = libraryIn("/") ?? libraryIn(PRIVATE);
  if (found !== undefined || !options.install) return found;
  unpackPackages(["libfaketime"], PRIVATE);
  return libraryIn(PRIVATE);
}

/** Starts one on a free port; undefined where there is no redis-server, or no libfaketime. */
export async function startClockedRedis(startMs: number): Promise<ClockedRedis | undefined> {
  const binary = findRedisServer({ install: true });
  const library = findFaketime({ install: true });
  if (binary === undefined || library === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "xdrain-clock-"));
  const file = join(folder, "now");

  function setClock(ms: number): void {
    // Half a millisecond more, so that no rounding on the way reads the one before.
    writeFileSync(`${file}.new`, `${(Math.floor(ms) + 0.5) / 1_000}\n`);
    renameSync(`${file}.new`, file);
  }

  setClock(startMs);
  const env = {
    ...binary.env,
    // The C library behind it: else the allocator asks for the time before there is one, and hangs.
    LD_PRELOAD: `${library}:libc.so.6`,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_FMT: "%s",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    DONT_FAKE_MONOTONIC: "1",
  };
  const redis = await startRedis({ ...binary, env });
  return {
    ...redis,
    setClock,
    async stop() {
      await redis.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
