import { createRequire } from "node:module";
import { CommandError } from "../errors.ts";
import type { RedisChoice } from "./redis.ts";

/** What the REST API, the dashboard and the passes of `dev` work with. */
const ALWAYS = ["hono", "@hono/node-server", "ioredis"];
const EMBEDDED = "js-redis-server";

const OTHER_WAYS =
  "Or do without js-redis-server: put a redis-server on the PATH (`apt-get install redis-server`, `brew install redis`), or name one by --redis or REDIS_URL (`docker run -p 6379:6379 redis`).";

/** @throws CommandError that names all that are missing, and one line that installs them */
export function checkPackages(
  choice: RedisChoice,
  versionOf: (name: string) => string | undefined = installed,
): void {
  const needed = choice.kind === "embedded" ? [...ALWAYS, EMBEDDED] : ALWAYS;
  const missing = needed.filter((name) => versionOf(name) === undefined);
  if (missing.length === 0) return;
  const names = missing.join(" ");
  const install = `npm install -D ${names}`;
  if (!missing.includes(EMBEDDED)) {
    throw new CommandError(`dev needs packages that are not installed: ${install}`);
  }
  // It has ioredis 5 as an optional peer, which it does not need here: npm refuses it beside a newer one.
  const newer = Number.parseInt(versionOf("ioredis") ?? "", 10) > 5;
  const override = newer ? "npm pkg set 'overrides.js-redis-server.ioredis=$ioredis' && " : "";
  throw new CommandError(
    `dev needs packages that are not installed: ${override}${install}. ${OTHER_WAYS}`,
  );
}

const require = createRequire(import.meta.url);

/** The version of a package that can be imported from here. */
function installed(name: string): string | undefined {
  const places = require.resolve.paths(name) ?? [];
  for (const folder of places) {
    try {
      return (require(`${folder}/${name}/package.json`) as { readonly version: string }).version;
    } catch {
      // It is not in this one.
    }
  }
  return undefined;
}
