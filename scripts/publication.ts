// The links of the published package, from one address, so that no file names a repository before there
// is one: `node scripts/publication.ts https://host/owner/name` writes `repository`, `homepage` and `bugs`
// into package.json, and `--check` fails without them (npm runs that before it publishes).

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Links {
  readonly repository: { readonly type: "git"; readonly url: string };
  readonly homepage: string;
  readonly bugs: { readonly url: string };
}

type Manifest = Readonly<Record<string, unknown>>;

/** The links of a repository. @throws Error for what is no such address. */
export function linksOf(address: string): Links {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const path = url?.pathname.replace(/(?:\.git)?\/?$/, "") ?? "";
  if (url?.protocol !== "https:" || !/^(?:\/[\w.-]+){2,}$/.test(path) || url.username !== "") {
    throw new Error(`Expected an address such as https://host/owner/name, got ${address}.`);
  }
  const base = `https://${url.host}${path}`;
  return {
    repository: { type: "git", url: `git+${base}.git` },
    homepage: `${base}#readme`,
    bugs: { url: `${base}/issues` },
  };
}

/** The manifest with these links, behind its license. */
export function withLinks(manifest: Manifest, links: Links): Manifest {
  const { repository: _, homepage: __, bugs: ___, ...rest } = manifest;
  const entries = Object.entries(rest);
  const place = entries.findIndex(([name]) => name === "license") + 1;
  return Object.fromEntries(entries.toSpliced(place, 0, ...Object.entries(links)));
}

/** The names of links that are not there. */
export function missingLinks(manifest: Manifest): readonly string[] {
  return ["repository", "homepage", "bugs"].filter((name) => manifest[name] === undefined);
}

if (import.meta.main) {
  const file = join(import.meta.dirname, "../package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
  const [argument = ""] = process.argv.slice(2);
  if (argument === "--check") {
    const missing = missingLinks(manifest);
    if (missing.length > 0) {
      console.error(`package.json has no ${missing.join(", ")}: run scripts/publication.ts.`);
      process.exit(1);
    }
  } else {
    const next = withLinks(manifest, linksOf(argument));
    writeFileSync(file, `${JSON.stringify(next, undefined, 2)}\n`);
  }
}
