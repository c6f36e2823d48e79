import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { serveGateway } from "../../src/gateway/serve.ts";
import { createQueue, drain } from "../../src/index.ts";
import { ioredis } from "../../src/redis/ioredis.ts";
import { EMPTY } from "../support/depth.ts";
import { privateRedis, serverTest, uniqueName } from "../support/redis.ts";

const CHILD = fileURLToPath(new URL("drain.child.ts", import.meta.url));
const MESSAGES = 1_000;

serverTest(
  "1,000 messages of 1 MB are drained with 128 MB of heap and the default options",
  async () => {
    // Needs 1 GB of memory for Redis, which has no limit of its own.
    const { url } = await privateRedis();
    const gateway = await serveGateway({ redis: url, token: "secret" });
    onTestFinished(() => gateway.close());
    const store = ioredis({ url });
    onTestFinished(() => store.close());
    const queue = createQueue<string>({ name: uniqueName("large"), store });
    // With quotes and the field's name, as large as a payload may be.
    const text = "x".repeat(1_000_000 - 10);
    for (let first = 0; first < MESSAGES; first += 50) {
      await queue.sendBatch(
        Array.from({ length: 50 }, (_, n) => ({
          payload: `${String(first + n).padStart(3, "0")} ${text}`,
        })),
      );
    }

    let claimed = 0;
    for (let more = true; more; ) {
      const child = await run(gateway.url, "secret", queue.name);
      expect(child, child.errors).toMatchObject({ code: 0, signal: null });
      const report = JSON.parse(child.output);
      expect(report).toMatchObject({ retried: 0, dead: 0, lost: 0, replayed: 0, errors: [] });
      expect(report.right).toBe(report.completed);
      claimed += report.completed;
      more = report.more;
      expect(report.completed, JSON.stringify(report)).toBeGreaterThan(0);
    }
    expect(claimed).toBe(MESSAGES);
    expect(await queue.depth()).toEqual(EMPTY);
    expect(await drain(queue, () => {})).toMatchObject({ claimed: 0 });
  },
  300_000,
);

/** Runs the drain in a process of its own, with a heap of 128 MB. */
async function run(...args: string[]) {
  const child = spawn(process.execPath, ["--max-old-space-size=128", CHILD, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let [output, errors] = ["", ""];
  child.stdout.on("data", (data) => {
    output += data;
  });
  child.stderr.on("data", (data) => {
    errors += data;
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { code, signal, output, errors };
}
