// A Python with redis-py, for the tests that run hand-written Python beside the library: the python3 of
// the PATH if it has the package, else with a private copy unpacked from the system's packages.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CACHE, unpackPackages } from "./unpack-packages.ts";

const PRIVATE = join(CACHE, "python-redis");
const MODULES = join(PRIVATE, "usr/lib/python3/dist-packages");
const PACKAGES = [
  "python3-redis",
  "python3-async-timeout",
  "python3-deprecated",
  "python3-packaging",
  "python3-typing-extensions",
  "python3-wrapt",
];

/** How a Python that can `import redis` is started. */
export interface PythonRedis {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The first Python that has redis-py; with `install`, makes the private copy if it can. */
export function findPythonRedis(options: { install: boolean }): PythonRedis | undefined {
  // What Python compiles is kept, and outside of the source tree.
  const env = { PYTHONDONTWRITEBYTECODE: "", PYTHONPYCACHEPREFIX: join(CACHE, "pycache") };
  const copy = { ...env, PYTHONPATH: MODULES };
  if (existsSync(MODULES)) return firstWithRedis(copy) ?? firstWithRedis(env);
  const own = firstWithRedis(env);
  if (own !== undefined || !options.install) return own;
  unpackPackages(PACKAGES, PRIVATE);
  return existsSync(MODULES) ? firstWithRedis(copy) : undefined;
}

function firstWithRedis(env: PythonRedis["env"]): PythonRedis | undefined {
  for (const python of ["python3", "/usr/bin/python3"]) {
    try {
      // The program itself, since what is in the PATH may be a script that looks for it each time.
      const command = execFileSync(python, ["-c", "import redis, sys; print(sys.executable)"], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "ignore"],
        encoding: "utf8",
        timeout: 30_000,
      }).trim();
      return { command, env };
    } catch {
      // Not there, or without the package: the next one.
    }
  }
  return undefined;
}
