// Gives the library the oldest versions of its optional packages. Whatever else runs in the process
// keeps its own.

import { registerHooks } from "node:module";

const NAMES = [
  "@hono/node-server",
  "@opentelemetry/api",
  "@upstash/redis",
  "hono",
  "ioredis",
  "jose",
];

const given = new Set();

registerHooks({
  resolve(specifier, context, next) {
    const name = NAMES.find((one) => specifier === one || specifier.startsWith(`${one}/`));
    const isOurs =
      context.parentURL?.includes("/src/") && !context.parentURL.includes("node_modules");
    if (name === undefined || !isOurs) return next(specifier, context);
    given.add(name);
    return next(`${name}-oldest${specifier.slice(name.length)}`, context);
  },
});

/** Which of them the library has loaded so far. */
globalThis.givenOldest = () => [...given].sort();
