// Preloaded into a child that takes part with another build: whatever it imports from `src` comes from
// the folder that the environment names. So that build runs the same program as everybody else.

import { registerHooks } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const SRC = new URL("../../src/", import.meta.url).href;
const folder = process.env.CHAOS_BUILD;
if (folder === undefined) throw new Error("CHAOS_BUILD names no build.");
const build = pathToFileURL(`${resolve(folder)}/`).href;

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    if (!found.url.startsWith(SRC)) return found;
    const path = found.url.slice(SRC.length).replace(/\.ts$/, ".js");
    return next(fileURLToPath(new URL(path, build)), context);
  },
});
