import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createQueue, drain } from "../../src/index.ts";
import { createLog, embeddedMetrics } from "../../src/log/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { checkEmf, collect } from "./support.ts";

const template = readFileSync(join(import.meta.dirname, "../../infra/aws/alarms.yml"), "utf8");

test("every metric that an alarm watches is one that the log makes, with the dimension it asks for", async () => {
  const { lines, write } = collect();
  const log = createLog(embeddedMetrics({ write }), { idle: true });
  const queue = createQueue({ name: "inbox", store: memoryStore() });
  log.onReport(await drain(queue, () => {}));
  await log.stats(queue);
  const made = lines.flatMap(({ text }) => {
    const { CloudWatchMetrics } = checkEmf(text)._aws as {
      CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[];
    };
    expect(CloudWatchMetrics[0]?.Dimensions).toEqual([["Queue"]]);
    return CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name));
  });
  const watched = [...template.matchAll(/MetricName: (\w+)/g)].map(([, name]) => name);
  expect(new Set(watched)).toEqual(
    new Set(["OldestAge", "Dead", "LostPayloads", "TrimmedUnread", "FailedPasses", "Passes"]),
  );
  for (const name of watched) expect(made).toContain(name);
  const dimensions = [...template.matchAll(/Name: (\w+), Value: ([\w-]+)/g)];
  expect(dimensions.map(([, name, value]) => [name, value])).toEqual([
    ["Queue", "inbox"],
    ["Queue", "inbox-urgent"],
  ]);
});

test("the namespace of a stack is one that the log takes", () => {
  expect(template).toMatch(/Namespace: !Sub xdrain\/\$\{AWS::StackName\}/);
  expect(() => embeddedMetrics({ namespace: "xdrain/xdrain-inbox-dev" })).not.toThrow();
});
