import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allParts } from "../parts/all.ts";
import { readResults } from "../results.ts";
import { renderPage } from "./page.ts";

/** Files of the page below a folder, with what they should hold. */
export function pageFiles(folder: string): { readonly path: string; readonly content: string }[] {
  const { markdown, charts } = renderPage(allParts, readResults(folder));
  return [
    { path: join(folder, "performance.md"), content: markdown },
    ...charts.map(({ file, svg }) => ({ path: join(folder, "performance", file), content: svg })),
  ];
}

/** Writes the page from the results. */
export function publish(folder: string): void {
  mkdirSync(join(folder, "performance"), { recursive: true });
  for (const { path, content } of pageFiles(folder)) writeFileSync(path, content);
}

/** Files that say something else than the results do. */
export function staleFiles(folder: string): string[] {
  return pageFiles(folder).flatMap(({ path, content }) =>
    read(path) === content ? [] : [path.slice(folder.length + 1)],
  );
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
