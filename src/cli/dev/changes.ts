import { existsSync, type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { UsageError } from "../errors.ts";
import { stampOf } from "./stamp.ts";

/** Notices when files change. */
export interface Changes {
  /** Resolves with the file of the next change after this call. */
  next(): Promise<string>;
  /**
   * Watches a file too, whether it is there or not. If it changed since it had this stamp, that is a
   * change now. @param stamp default: as it is now
   */
  add(file: string, stamp?: string): void;
  /** What is added from now on replaces what was added before, as soon as `settled` is called. */
  renew(): void;
  settled(): void;
  close(): void;
}

/** An editor writes a file in several steps. */
const SETTLE_MS = 100;
const IGNORED = /(?:^|[\\/])(?:node_modules|\.git|\.cache)(?:[\\/]|$)/;

/** @throws UsageError for a path that is not there */
export function checkPaths(paths: readonly string[]): void {
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined) throw new UsageError(`Expected ${missing} to be there, to watch it.`);
}

/**
 * Watches files, and folders with what is in them. It does so by the folders that they are in: many
 * editors save by a rename, and what has the name then is another file.
 *
 * @param onError called with what a person has to know if something cannot be watched
 */
export function watchChanges(
  paths: readonly string[],
  onError: (text: string) => void = () => {},
): Changes {
  const watchers = new Map<string, FSWatcher>();
  const stamps = new Map<string, string>();
  const roots = paths.map((path) => resolve(path)).filter(isFolder);
  const always = new Set(paths.map((path) => resolve(path)).filter((path) => !isFolder(path)));
  let before = new Set<string>();
  let files = new Set<string>();
  let waiting: ((file: string) => void)[] = [];
  let timer: NodeJS.Timeout | undefined;

  function watchFolder(folder: string): void {
    if (watchers.has(folder)) return;
    try {
      const watcher = watch(folder, (_event, name) => seen(folder, name));
      watcher.on("error", () => forget(folder));
      watchers.set(folder, watcher);
    } catch (error) {
      onError(`${folder} cannot be watched: ${(error as Error).message}`);
    }
  }

  /** Watches the folder of a file, or the nearest one above that is there. */
  function plant(file: string): void {
    let folder = dirname(file);
    while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
    watchFolder(folder);
  }

  function plantTree(folder: string): void {
    watchFolder(folder);
    for (const entry of foldersIn(folder)) plantTree(join(folder, entry));
  }

  function forget(folder: string): void {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  }

  function seen(folder: string, name: string | null): void {
    if (!existsSync(folder)) {
      forget(folder);
      plant(folder);
    }
    const path = name === null ? folder : join(folder, name);
    const inTree = isInTree(path);
    if (inTree && isFolder(path)) plantTree(path);
    if (!inTree && !isWanted(path)) return;
    const stamp = stampOf(path);
    if (stamps.get(path) !== stamp) changed(path, stamp);
  }

  function isInTree(path: string): boolean {
    return roots.some((root) => {
      const below = relative(root, path);
      return below !== "" && !below.startsWith("..") && !IGNORED.test(below);
    });
  }

  /** A file that is watched, or a folder that was missing and in which one is. */
  function isWanted(path: string): boolean {
    const all = [...always, ...before, ...files];
    return all.some(
      (file) => file === path || (file.startsWith(path + sep) && !watchers.has(path)),
    );
  }

  function changed(path: string, stamp: string): void {
    stamps.set(path, stamp);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const told = waiting;
      waiting = [];
      for (const answer of told) answer(path);
    }, SETTLE_MS);
  }

  function begin(file: string, stamp?: string): void {
    plant(file);
    const now = stampOf(file);
    if (stamp !== undefined && stamp !== now) changed(file, now);
    else stamps.set(file, now);
  }

  for (const file of always) begin(file);
  roots.forEach(plantTree);
  return {
    next: () => new Promise((answer) => waiting.push(answer)),
    add(file, stamp) {
      files.add(file);
      begin(file, stamp);
    },
    renew() {
      before = new Set([...before, ...files]);
      files = new Set();
    },
    settled() {
      before = new Set();
    },
    close() {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

/** None in a folder that cannot be read, or has gone: watching it has said so. */
function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !IGNORED.test(entry.name))
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
