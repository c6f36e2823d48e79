import { existsSync, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../errors.ts";

/** Tells when files change. */
export interface Changes {
  /** Resolves with the next change after this call. */
  next(): Promise<void>;
  close(): void;
}

/** An editor writes a file in several steps. */
const SETTLE_MS = 100;
const IGNORED = /(?:^|[\\/])(?:node_modules|\.git|\.cache)(?:[\\/]|$)/;

/** Watches files and folders, with what is in them. @throws UsageError for one that is not there */
export function watchChanges(paths: readonly string[]): Changes {
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined) throw new UsageError(`Expected ${missing} to be there, to watch it.`);
  let waiting: (() => void)[] = [];
  let timer: NodeJS.Timeout | undefined;
  const changed = (file: string | null) => {
    if (file !== null && IGNORED.test(file)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      const told = waiting;
      waiting = [];
      for (const resolve of told) resolve();
    }, SETTLE_MS);
  };
  const watchers = paths
    .flatMap(partsOf)
    .map(({ path, recursive }) => watch(path, { recursive }, (_event, file) => changed(file)));
  return {
    next: () => new Promise((resolve) => waiting.push(resolve)),
    close() {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** A folder by itself, and the folders in it whole: those that are ignored may be very large. */
function partsOf(path: string): { readonly path: string; readonly recursive: boolean }[] {
  if (!statSync(path).isDirectory()) return [{ path, recursive: false }];
  const folders = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !IGNORED.test(entry.name))
    .map(({ name }) => ({ path: join(path, name), recursive: true }));
  return [{ path, recursive: false }, ...folders];
}
