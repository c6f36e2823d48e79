import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll } from "vitest";
import { createTestHarness } from "wrangler";

/** Two Workers in workerd for a test file; the first reaches the second, `app`, by its binding APP. */
export function serveTwoWorkers(name: string, first: URL, app: URL) {
  const folder = mkdtempSync(join(tmpdir(), "xdrain-workers-"));
  const compatibility_date = "2026-09-01";
  const harness = createTestHarness({
    root: folder,
    workers: [
      {
        config: {
          name,
          main: fileURLToPath(first),
          compatibility_date,
          services: [{ binding: "APP", service: "app" }],
        },
      },
      { config: { name: "app", main: fileURLToPath(app), compatibility_date } },
    ],
  });
  beforeAll(() => harness.listen(), 120_000);
  afterAll(async () => {
    await harness.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);
  return harness;
}
