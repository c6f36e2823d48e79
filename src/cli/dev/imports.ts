import module, { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** What `require` tries for a name, as Node documents it. */
const ENDINGS = ["", ".js", ".json", ".node", "/package.json", "/index.js"];

/**
 * Reports each file that this process imports or requires from now on, before it is read, and those that
 * it looks for in vain. Files of packages are left out.
 *
 * Node 20 lacks `registerHooks`. There the variable WATCH_REPORT_DEPENDENCIES, by which `node --watch`
 * works, makes Node report what is imported. It is not a public interface, but can no longer change in
 * those versions; newer ones skip files of CommonJS in it.
 */
export function onImport(seen: (file: string) => void): void {
  const report = (file: string) => {
    if (!isOfPackage(file)) seen(file);
  };
  if (!hasHooks()) return;
  module.registerHooks({
    resolve(specifier, context, next) {
      try {
        const found = next(specifier, context);
        if (found.url.startsWith("file:")) report(fileOf(found.url));
        return found;
      } catch (error) {
        for (const file of wanted(specifier, context.parentURL)) report(file);
        throw error;
      }
    },
  });
}

/** Environment variables of a process that reports what it imports. */
export function watchVariables(): Readonly<Record<string, string>> {
  return hasHooks() ? {} : { WATCH_REPORT_DEPENDENCIES: "1" };
}

/** What was required so far, in versions of Node that do not report it. */
export function requiredFiles(): readonly string[] {
  if (hasHooks()) return [];
  return Object.keys(createRequire(import.meta.url).cache).filter((file) => !isOfPackage(file));
}

/** Whether the file is one of a package, which changes by an install alone. */
export function isOfPackage(file: string): boolean {
  return /[\\/]node_modules[\\/]/.test(file);
}

/** The path of a file's URL, without what a loader added to it. */
export function fileOf(url: string): string {
  return fileURLToPath(url.replace(/[?#].*$/, ""));
}

function hasHooks(): boolean {
  return typeof module.registerHooks === "function";
}

/** Where a file would be found that is missing; a package is nowhere. */
function wanted(specifier: string, parent: string | undefined): readonly string[] {
  if (!/^(?:\.{0,2}\/|file:)/.test(specifier)) return [];
  const base = fileOf(new URL(specifier, parent).href);
  return ENDINGS.map((ending) => base + ending);
}
