import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, onTestFinished, test, vi } from "vitest";
import { inboxQueue } from "../../functions/inbox/queue.ts";
import { SCHEDULE_ACTIONS } from "../../src/eventbridge/index.ts";
import { contextWith } from "../runtimes/lambda-events.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { doubleFor, TARGET } from "./support.ts";

// The deployed function: the rights that its template grants, and the schedule that it asks with them.

interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template's properties have many shapes
  readonly Properties: any;
  readonly DependsOn?: readonly string[];
}

const folder = mkdtempSync(join(tmpdir(), "xdrain-schedule-"));
let resources: Readonly<Record<string, Resource>>;

beforeAll(async () => {
  const osls = "node_modules/osls/bin/serverless.js";
  const { UPSTASH_REDIS_REST_URL: _url, UPSTASH_REDIS_REST_TOKEN: _token, ...env } = process.env;
  await promisify(execFile)(process.execPath, [osls, "package", "--package", folder], { env });
  const file = join(folder, "cloudformation-template-update-stack.json");
  resources = JSON.parse(readFileSync(file, "utf8")).Resources;
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a role may do, by the policies in it and those attached to it. */
function actionsOf(role: string): readonly string[] {
  const attached = Object.values(resources).filter(({ Type, Properties }) => {
    const roles = Type === "AWS::IAM::Policy" ? Properties.Roles : [];
    return roles.some(({ Ref }: { readonly Ref: string }) => Ref === role);
  });
  const policies = [...(resources[role]?.Properties.Policies ?? []), ...attached.map(propertiesOf)];
  return policies.flatMap(({ PolicyDocument }) =>
    PolicyDocument.Statement.flatMap(
      ({ Action }: { readonly Action: string | string[] }) => Action,
    ),
  );
}

const propertiesOf = ({ Properties }: Resource) => Properties;
const isScheduling = (action: string) => /^(?:scheduler|iam):/.test(action);
const needed: readonly string[] = [
  ...new Set([...SCHEDULE_ACTIONS.follow, ...SCHEDULE_ACTIONS.afterPass]),
].sort();

test("the drain may do what asking for the next pass needs, and the other roles nothing of it", () => {
  expect(actionsOf("DrainRole").filter(isScheduling).sort()).toEqual(needed);
  for (const role of ["WebRole", "TickRole"]) {
    expect(actionsOf(role).filter(isScheduling)).toEqual([]);
  }
  expect([...actionsOf("TickRole")].sort()).toEqual(["lambda:InvokeFunction", "sqs:SendMessage"]);
});

test("the function names the schedule of the template, and the template's own expression is a step", () => {
  const { Name, ScheduleExpression } = resources.DrainSchedulerSchedule1?.Properties ?? {};
  const { Variables } = resources.DrainLambdaFunction?.Properties.Environment ?? {};
  expect(Variables.SCHEDULE_NAME).toBe(Name);
  expect(ScheduleExpression).toBe("rate(1 minute)");
  const { SCHEDULE_NAME } = resources.WebLambdaFunction?.Properties.Environment.Variables ?? {};
  expect(SCHEDULE_NAME).toBeUndefined();
});

test("no resource of the template needs itself", () => {
  const names = Object.keys(resources);
  const needs = (name: string) => {
    const text = JSON.stringify(resources[name]);
    const { DependsOn = [] } = resources[name] ?? {};
    return names.filter(
      (other) =>
        DependsOn.includes(other) ||
        text.includes(`{"Ref":"${other}"}`) ||
        text.includes(`{"Fn::GetAtt":["${other}",`) ||
        new RegExp(`\\$\\{${other}[.}]`).test(text),
    );
  };
  const visit = (name: string, path: readonly string[]): void => {
    if (path.includes(name)) expect.fail(`${[...path, name].join(" needs ")}`);
    for (const other of needs(name)) visit(other, [...path, name]);
  };
  for (const name of names) visit(name, []);
});

test("with these rights the function follows the backlog; without them it drains all the same", async () => {
  const stream = uniqueName("inbox");
  const double = await doubleFor({ start: Date.now() });
  for (const right of double.rights) if (!needed.includes(right)) double.rights.delete(right);
  const Target = { Arn: TARGET.arn, RoleArn: TARGET.roleArn };
  const FlexibleTimeWindow = { Mode: "OFF" };
  const ScheduleExpression = "cron(0/15 * * * ? *)";
  double.put("inbox-drain", { ScheduleExpression, Target, FlexibleTimeWindow });
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_SCHEDULER: double.url,
    AWS_REGION: "eu-central-1",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret-access-key",
    UPSTASH_REDIS_REST_URL: "",
    REDIS_URL: inject("redisUrl"),
    INBOX_STREAM: stream,
    SCHEDULE_NAME: "inbox-drain",
    SCHEDULE_TARGET_ARN: TARGET.arn,
    SCHEDULE_ROLE_ARN: TARGET.roleArn,
  })) {
    vi.stubEnv(name, value);
  }
  onTestFinished(() => void vi.unstubAllEnvs());
  const log = vi.spyOn(console, "error").mockReturnValue();
  vi.spyOn(console, "log").mockReturnValue();
  onTestFinished(() => void vi.restoreAllMocks());
  const { handler } = await import("../../functions/lambda/index.ts");
  const queue = inboxQueue(tcpStore(), { stream });

  await queue.send({ event: "push", delivery: "d-1", payload: {} });
  const result = await handler({ queue: "inbox", maxMessages: 5_000 }, contextWith(60_000));
  expect(result).toMatchObject({ reports: [{ completed: 1 }] });
  expect(log).not.toHaveBeenCalled();
  expect(double.get("inbox-drain")).toMatchObject({
    ScheduleExpression: "rate(1 minute)", // busy again
    Target: { Arn: TARGET.arn },
  });
  expect(double.requests).toEqual(["GetSchedule", "UpdateSchedule"]);

  double.rights.clear();
  const denied = await handler({ queue: "inbox" }, contextWith(60_000));
  expect(denied).toMatchObject({ reports: [{ stopped: "empty" }] });
  expect(log.mock.lastCall?.[0]).toMatchObject({ name: "ScheduleError", code: "denied" });
});
