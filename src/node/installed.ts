/** The part of Node that is used here; other runtimes have none of it. */
interface NodeProcess {
  emitWarning(text: string, options: { readonly code: string }): void;
  getBuiltinModule(name: "node:module"): {
    createRequire(url: string): { (path: string): unknown; resolve(name: string): string };
  };
}

/** The folder of a package, in the path of its main file. */
const FOLDER = /^.*[\\/]node_modules[\\/](@[^\\/]+[\\/])?[^\\/]+/;

const node = () => (globalThis as unknown as { readonly process: NodeProcess }).process;

/**
 * The version of an installed package that is older than the one given. Only Node shows it, from 20.16
 * on, and not in a bundle: undefined everywhere else, and for a newer one.
 */
export function olderThan(version: string, name: string): string | undefined {
  try {
    const { url = "" } = import.meta as { readonly url?: string };
    if (!/\/installed\.[jt]s$/.test(url)) return undefined;
    const require = node().getBuiltinModule("node:module").createRequire(url);
    const [folder] = FOLDER.exec(require.resolve(name)) ?? [];
    const installed = (require(`${folder}/package.json`) as { readonly version: string }).version;
    return compare(installed, version) < 0 ? installed : undefined;
  } catch {
    return undefined;
  }
}

function compare(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}

const SAFE_HONO = "4.13.5";
let warned = false;

/** Says once that the installed hono has security holes that are public. */
export function warnOfOldHono(): void {
  if (warned) return;
  warned = true;
  const installed = olderThan(SAFE_HONO, "hono");
  if (installed === undefined) return;
  const text = `hono ${installed} has known security holes, which ${SAFE_HONO} does not have: npm install hono@latest`;
  node().emitWarning(text, { code: "XDRAIN_OLD_HONO" });
}
