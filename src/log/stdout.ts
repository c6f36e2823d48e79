import { toConsole, type WriteLine } from "./console-json.ts";

/** What is used of Node's process. */
interface ProcessLike {
  readonly stdout?: { write?(text: string): unknown };
}

/**
 * Lines as they are, where a process has a standard output. Lambda's console puts the time and the request before
 * a line, or wraps it in JSON, and then it is no document of its own any more.
 */
export const toStdout: WriteLine = (text, level) => {
  const { stdout } = (globalThis as { readonly process?: ProcessLike }).process ?? {};
  if (typeof stdout?.write === "function") stdout.write(`${text}\n`);
  else toConsole(text, level);
};
