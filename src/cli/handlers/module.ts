import { Console } from "node:console";
import { resolve } from "node:path";
import type { Writable } from "node:stream";
import { pathToFileURL } from "node:url";
import type { Handler } from "../../message.ts";
import { CommandError, UsageError } from "../errors.ts";

/**
 * The handler that a module exports as `default` or as `handler`. What it prints on the console goes to
 * `log`, since stdout is for the report.
 * @throws UsageError, CommandError
 */
export async function moduleHandler(path: string, log: Writable): Promise<Handler<unknown>> {
  globalThis.console = new Console(log, log);
  const exported = await load(path);
  const { default: main, handler } = exported;
  // `exports.handler = …` of CommonJS may arrive inside the default alone: Node finds names by scanning.
  const found = [main, handler, inside(main)].find((one) => typeof one === "function");
  if (found !== undefined) return found as Handler<unknown>;
  throw new UsageError(
    `Expected ${path} to export a function as default or as handler: (message, context) => …`,
  );
}

function inside(main: unknown): unknown {
  return typeof main === "object" && main !== null && "handler" in main ? main.handler : undefined;
}

async function load(
  path: string,
): Promise<{ readonly default?: unknown; readonly handler?: unknown }> {
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`${path} could not be loaded: ${reason}`, {}, cause);
  }
}
