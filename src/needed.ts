import { PackageError, XdrainError } from "./errors.ts";

// Optional packages are loaded here and nowhere else, by a dynamic import, so that every entry point can
// be imported without them.

/** Packages that an entry point needs, each with the oldest version that works. */
export type Needed = Readonly<Record<string, string>>;

// What the entry points need: docs/packages.md has the same list.
export const HONO: Needed = { hono: "4.0.0" };
export const HTTP_SERVER: Needed = { ...HONO, "@hono/node-server": "1.0.0" };
export const IOREDIS: Needed = { ioredis: "5.0.0" };
export const UPSTASH: Needed = { "@upstash/redis": "1.34.4" };
export const JOSE: Needed = { jose: "4.0.0" };
export const OPENTELEMETRY: Needed = { "@opentelemetry/api": "1.3.0" };
export const SCHEDULER: Needed = { "@aws-sdk/client-scheduler": "3.381.0" };
export const LAMBDA: Needed = { "@aws-sdk/client-lambda": "3.0.0" };

/** How Node, Bun, Deno, workerd and bundlers say that there is no such package. */
const MISSING =
  /cannot find (package|module)|no such module|could not (find|resolve)|not a dependency|not prefixed/i;

/**
 * Loads a part of the library that imports optional packages.
 *
 * @param by the entry point, for the message
 * @throws PackageError if one of the packages is missing, too old, or fails as it is loaded
 */
export async function needed<Module>(
  by: string,
  packages: Needed,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    throw packageError(by, packages, error);
  }
}

/** Calls `use` with what was made: at once if it is loaded, else as soon as it is. */
export type WhenLoaded<Made> = <Result>(
  use: (made: Made) => Result | Promise<Result>,
) => Result | Promise<Result>;

/** The same, begun now; a failure waits for the first use. */
export function loadAhead<Made>(
  by: string,
  packages: Needed,
  load: () => Promise<Made>,
): WhenLoaded<Made> {
  const loading = needed(by, packages, load);
  let loaded: { readonly made: Made } | undefined;
  loading.then(
    (made) => {
      loaded = { made };
    },
    () => {},
  );
  return (use) => (loaded === undefined ? loading.then(use) : use(loaded.made));
}

/** @throws PackageError unless the installed package `has` what is needed of it. */
export function checkPackage(by: string, packages: Needed, has: boolean): void {
  if (!has) throw packageError(by, packages, undefined, "it is older");
}

/** What a failed load means; errors of this library are none of the package's. */
function packageError(
  by: string,
  packages: Needed,
  cause: unknown,
  why = String((cause as Error | undefined)?.message ?? cause),
): unknown {
  if (cause instanceof XdrainError) return cause;
  const names = Object.keys(packages);
  const isNamed = (name: string) => new RegExp(`["'\`]${name}["'\`/]`).test(why);
  const missing = MISSING.test(why) && names.find(isNamed);
  const oldest = Object.entries(packages).map((one) => one.join(" "));
  const message = missing
    ? `the package ${missing}, which is not installed: npm install ${names.join(" ")}`
    : `${oldest.join(", ")} or newer, and what is installed cannot be used (${why}): npm install ${names.join("@latest ")}@latest`;
  const code = missing ? "package_missing" : "package_unsupported";
  return new PackageError(code, `${by} needs ${message}`, { cause });
}
