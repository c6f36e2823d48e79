import { join } from "node:path";
import { build } from "esbuild";

/** What is used of osls. */
interface Serverless {
  readonly serviceDir: string;
  readonly service: {
    readonly provider: { readonly environment?: { readonly REDIS_URL?: unknown } };
  };
}

/**
 * Bundles functions/lambda into one file of .cache/lambda before osls packages, invokes or emulates
 * it: what runs locally is what is deployed. One file starts faster than a folder of packages, and
 * the package holds nothing else.
 */
class BundleLambda {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;

  constructor({ serviceDir, service }: Serverless) {
    const bundle = () => {
      const overTcp = Boolean(service.provider.environment?.REDIS_URL);
      return bundleLambda(join(serviceDir, ".cache", "lambda", "index.cjs"), { overTcp });
    };
    this.hooks = {
      "before:package:createDeploymentArtifacts": bundle,
      "before:invoke:local:invoke": bundle,
      "before:offline:start:init": bundle,
      "before:offline:start": bundle,
    };
  }
}

/**
 * CommonJS, since ioredis is, and requires modules of Node. Functions that reach Redis by its REST API
 * go without ioredis, which is half of the package.
 */
export async function bundleLambda(
  outfile: string,
  { overTcp }: { readonly overTcp: boolean },
): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, "../../functions/lambda/index.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    minify: true,
    // The runtime has the SDK.
    external: ["@aws-sdk/*", ...(overTcp ? [] : ["ioredis"])],
    legalComments: "none",
    logLevel: "warning",
  });
}

// biome-ignore lint/style/noDefaultExport: osls takes a plugin by its default export
export default BundleLambda;
