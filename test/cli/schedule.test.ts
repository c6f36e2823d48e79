import { expect, test } from "vitest";
import { doubleFor, TARGET } from "../eventbridge/support.ts";
import { run, runBuilt, runBuiltJson } from "./support/run.ts";

const NAME = ["--name", "orders"];
const ENSURE = ["schedule", "ensure", ...NAME, "--target", TARGET.arn, "--role", TARGET.roleArn];

test("a schedule is made once, listed, paused, resumed and removed", async () => {
  const double = await doubleFor();
  const env = envFor(double.url);
  const input = ["--input", '{"queue":"orders"}', "--expression", "rate(5 minutes)"];
  expect(await changedBy([...ENSURE, ...input], env)).toBe("created");
  expect(await changedBy([...ENSURE, ...input], env)).toBe("unchanged");
  expect(double.get("orders")).toMatchObject({
    ScheduleExpression: "rate(5 minutes)",
    Target: { Arn: TARGET.arn, Input: '{"queue":"orders"}' },
  });
  expect(await stateOf(env)).toEqual([{ name: "orders", kind: "recurring", enabled: true }]);

  expect(await changedBy(["schedule", "pause", ...NAME], env)).toBe("updated");
  expect(await stateOf(env)).toMatchObject([{ enabled: false }]);
  expect(double.get("orders")).toMatchObject({ Target: { Arn: TARGET.arn } });
  expect(await changedBy(["schedule", "resume", ...NAME], env)).toBe("updated");
  expect(await changedBy(["schedule", "remove", ...NAME], env)).toBe("removed");
  expect(await changedBy(["schedule", "remove", ...NAME], env)).toBe("unchanged");
  expect(await runBuilt(["schedule", "ls", ...NAME], env)).toMatchObject({
    code: 0,
    stdout: "There is no such schedule.\n",
  });
});

test("a schedule that is not there, and a service that refuses, fail with 1", async () => {
  const double = await doubleFor();
  const env = envFor(double.url);
  const missing = await runBuilt(["schedule", "resume", ...NAME], env);
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining("no schedule") });
  double.rights.clear();
  const denied = await runBuiltJson(["schedule", "ls", ...NAME], env);
  expect(denied.code).toBe(1);
  expect(JSON.parse(denied.stderr)).toMatchObject({
    error: { code: "denied", message: expect.stringMatching(/ The cause: \S/) },
  });
});

test.each([
  [["ls"], "name"],
  [["ensure", ...NAME], "target, role"],
  [["ensure", ...ENSURE.slice(2), "--expression", "often"], "Expected --expression"],
  [["ensure", ...ENSURE.slice(2), "--input", "{"], "Expected --input"],
  [["ensure", ...ENSURE.slice(2), "--end", "never"], "Expected --end"],
] as const)("schedule %j is refused with 2 before any request", async (args, text) => {
  const double = await doubleFor();
  const { code, stderr } = await run(["schedule", ...args], envFor(double.url));
  expect(stderr).toContain(text);
  expect(code).toBe(2);
  expect(double.requests).toEqual([]);
});

async function changedBy(args: readonly string[], env: Record<string, string>): Promise<unknown> {
  const { values, stderr } = await runBuiltJson(args, env);
  expect(stderr).toBe("");
  return values[0].changed;
}

async function stateOf(env: Record<string, string>) {
  return (await runBuiltJson(["schedule", "ls", ...NAME], env)).values;
}

function envFor(url: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_SCHEDULER: url,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret-access-key",
  };
}
