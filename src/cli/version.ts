import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** The version of the package that this file is in; empty where that cannot be told. */
export function packageVersion(folder: string = import.meta.dirname): string {
  try {
    const text = readFileSync(join(folder, "package.json"), "utf8");
    const { name, version } = JSON.parse(text) as { name?: string; version?: string };
    if (name === "xdrain") return version ?? "";
  } catch {
    // Not here: it is above.
  }
  const above = dirname(folder);
  return above === folder ? "" : packageVersion(above);
}
