// Adds to package-lock.json the optional packages of other platforms that the registry at hand did
// not offer when the lock file was written: `npm ci` asks for them by name, on every platform.
// `--check` only says whether any is missing.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Entry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly peer?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const file = join(import.meta.dirname, "../package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, Entry> };

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "openharmony", "win32", "windows"];
const PROCESSORS = ["arm64", "arm", "ia32", "ppc64", "riscv64", "s390x", "wasm32", "x64", "64"];

/** What a package of one platform is for, told by its name: `binding-linux-x64-musl`. */
function platformOf(name: string): Entry {
  const words = (name.split("/").at(-1) ?? "").split("-");
  const system = words.find((word) => SYSTEMS.includes(word));
  const processor = words.find((word) => PROCESSORS.includes(word));
  const musl = words.some((word) => word.startsWith("musl"));
  const gnu = words.some((word) => word.startsWith("gnu"));
  return {
    ...(processor === undefined ? {} : { cpu: [processor === "64" ? "x64" : processor] }),
    ...(system === undefined ? {} : { os: [system === "windows" ? "win32" : system] }),
    ...(musl ? { libc: ["musl"] } : gnu ? { libc: ["glibc"] } : {}),
  };
}

/** What npm finds for a dependency: beside the package, or in a folder further up. */
function find(parent: string, name: string): Entry | undefined {
  for (let at = parent; ; ) {
    const entry = lock.packages[`${at === "" ? "" : `${at}/`}node_modules/${name}`];
    if (entry !== undefined || at === "") return entry;
    const up = at.lastIndexOf("/node_modules/");
    at = up === -1 ? "" : at.slice(0, up);
  }
}

const added: string[] = [];
for (const [parent, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const found = find(parent, name);
    // Only packages of one platform are named with an exact version.
    if (!/^\d+\.\d+\.\d+/.test(version) || found?.version === version) continue;
    const dev = entry.dev === true ? { dev: true } : {};
    const folder = found === undefined ? "" : `${parent}/`;
    const completed = { version, ...platformOf(name), ...dev, optional: true };
    lock.packages[`${folder}node_modules/${name}`] = completed;
    added.push(`${name} ${version}`);
  }
}

if (process.argv.includes("--check")) {
  for (const name of added) console.error(`package-lock.json lacks ${name}`);
  if (added.length > 0) console.error("Run `npm run lock`.");
  process.exit(added.length > 0 ? 1 : 0);
}
const packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)),
);
writeFileSync(file, `${JSON.stringify({ ...lock, packages }, null, 2)}\n`);
console.log(`${added.length} packages of other platforms added`);
