import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { inboxWork } from "../../functions/http/app.ts";
import { logAges, logPass } from "../../functions/lambda/log.ts";
import { drain } from "../../src/index.ts";
import { embeddedMetrics } from "../../src/log/index.ts";
import { memoryStore } from "../../src/testing.ts";
import { checkEmf } from "./support.ts";

const read = (path: string) => readFileSync(join(import.meta.dirname, "../..", path), "utf8");
const template = read("infra/aws/alarms.yml");
const NAMESPACE = "xdrain/xdrain-inbox-dev";

/** What CloudWatch makes of the log of the deployed function after a tick: `Passes of inbox`, and so on. */
async function metricsOfATick(): Promise<string[]> {
  const log = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    const { queues, handler } = inboxWork({}, memoryStore());
    const env = { METRICS_NAMESPACE: NAMESPACE };
    logPass(env, await drain(queues, handler));
    await logAges(env, queues);
    return log.mock.calls.flatMap(([text]) => metricsIn(String(text)));
  } finally {
    log.mockRestore();
  }
}

function metricsIn(text: string): string[] {
  const document = checkEmf(text);
  const { CloudWatchMetrics } = document._aws as {
    CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[];
  };
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) => {
    expect(Namespace).toBe(NAMESPACE);
    expect(Dimensions).toEqual([["Queue"]]);
    return Metrics.map(({ Name }) => `${Name} of ${document.Queue}`);
  });
}

test("the alarms watch what the deployed function makes of each queue, and it makes nothing else", async () => {
  const watched = [...template.matchAll(/MetricName: (\w+)/g)].map(([, name]) => name);
  const dimensions = [...template.matchAll(/Name: (\w+), Value: ([\w-]+)/g)];
  expect(new Set(dimensions.map(([, name]) => name))).toEqual(new Set(["Queue"]));
  const queues = dimensions.map(([, , queue]) => queue);
  const wanted = watched.flatMap((name) => queues.map((queue) => `${name} of ${queue}`));
  expect(new Set(await metricsOfATick())).toEqual(new Set(wanted));
});

test("the namespace that the function is given is the one that the alarms look into", () => {
  expect(template).toMatch(/Namespace: !Sub xdrain\/\$\{AWS::StackName\}/);
  // The stack's name is the service's and the stage's.
  expect(read("serverless.yml")).toContain(
    `METRICS_NAMESPACE: xdrain/\${self:service}-\${sls:stage}`,
  );
  expect(() => embeddedMetrics({ namespace: NAMESPACE })).not.toThrow();
});

test("where nothing is told there is no pass, and nothing else is wrong", () => {
  const resources = template.split(/^ {2}(?=\w+:$)/m);
  const alarms = resources.filter((text) => text.includes("Type: AWS::CloudWatch::Alarm"));
  const missing = alarms.map((text) => [
    /^\w+/.exec(text)?.[0],
    /TreatMissingData: (\w+)/.exec(text)?.[1],
  ]);
  expect(Object.fromEntries(missing)).toEqual({
    BacklogIsOld: "notBreaching",
    DeadLetters: "notBreaching",
    PayloadsLost: "notBreaching",
    PassesFail: "notBreaching",
    NoPass: "breaching",
  });
});
