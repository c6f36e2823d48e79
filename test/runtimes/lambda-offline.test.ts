import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { inboxQueue } from "../../functions/inbox/queue.ts";
import { freePort } from "../../scripts/local-redis.ts";
import { KICK_ACTION } from "../../src/kick/lambda/index.ts";
import { uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { httpEvent } from "./lambda-events.ts";

// The functions of serverless.yml as they are deployed: bundled, in the runtime of serverless-offline,
// invoked by its endpoint.

const OSLS = "node_modules/osls/bin/serverless.js";
const XDRAIN_TOKEN = "token-that-may-drain";
const WEBHOOK_SECRET = "secret-of-the-webhook";
const stream = uniqueName("inbox");
const folder = mkdtempSync(join(tmpdir(), "xdrain-lambda-"));
const queue = inboxQueue(tcpStore(), { stream });
let child: ChildProcess;
let endpoint: string;

beforeAll(async () => {
  const [lambdaPort, httpPort] = [await freePort(), await freePort()];
  const ports = ["--lambdaPort", String(lambdaPort), "--httpPort", String(httpPort)];
  const options = ["--host", "127.0.0.1", "--noSponsor", "--param", "ticks=false"];
  child = spawn(process.execPath, [OSLS, "offline", "start", ...ports, ...options], {
    env: {
      ...withoutStore(),
      REDIS_URL: inject("redisUrl"),
      INBOX_STREAM: stream,
      XDRAIN_TOKEN,
      WEBHOOK_SECRET,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  endpoint = `http://127.0.0.1:${lambdaPort}/2015-03-31/functions`;
  await said(child, `:${lambdaPort}`);
}, 120_000);

afterAll(async () => {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  if (child.exitCode === null) {
    child.kill("SIGTERM");
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** The environment, without a store that somebody else may have set. */
function withoutStore(): NodeJS.ProcessEnv {
  const { UPSTASH_REDIS_REST_URL: _url, UPSTASH_REDIS_REST_TOKEN: _token, ...env } = process.env;
  return env;
}

/** Waits until the process says something that holds `text`; rejects with all it said if it ends. */
function said(process: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const lines: string[] = [];
    for (const stream of [process.stdout, process.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on("line", (line) => {
        lines.push(line);
        if (line.includes(text)) resolve();
      });
    }
    process.once("exit", () => reject(new Error(lines.join("\n"))));
  });
}

async function invoke(name: string, event: unknown) {
  const response = await fetch(`${endpoint}/xdrain-inbox-dev-${name}/invocations`, {
    method: "POST",
    body: JSON.stringify(event),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of many shapes
  return { json: (await response.json()) as any };
}

const delivery = (n: number) => ({ event: "push", delivery: `d-${n}`, payload: { n } });

test("the scheduled function drains what the input of its schedule names", async () => {
  await queue.sendBatch([1, 2, 3].map((n) => ({ payload: delivery(n) })));
  const first = await invoke("drain", { queue: "inbox", maxMessages: 2 });
  expect(first.json).toMatchObject({ reports: [{ queue: "inbox-urgent,inbox", completed: 2 }] });
  const second = await invoke("drain", { queue: "inbox", maxMessages: 5_000 });
  expect(second.json).toMatchObject({ reports: [{ completed: 1, stopped: "empty" }] });
});

test("an input that cannot be used makes the invocation fail", async () => {
  const { json } = await invoke("drain", { queue: "other" });
  expect(json.errorMessage).toBe(
    'Expected `queue` in the input to be one of "inbox-urgent", "inbox".',
  );
});

test("the function behind the URL accepts a webhook, and drains for who may", async () => {
  const body = JSON.stringify({ action: "opened" });
  const signature = createHmac("sha256", WEBHOOK_SECRET).update(body).digest("hex");
  const accepted = await invoke(
    "web",
    httpEvent("POST", "/webhooks", {
      body: Buffer.from(body).toString("base64"),
      isBase64Encoded: true,
      headers: {
        "x-hub-signature-256": `sha256=${signature}`,
        "x-github-event": "issues",
        "x-github-delivery": "d-9",
      },
    }),
  );
  expect(accepted.json).toMatchObject({ statusCode: 202 });
  const refused = await invoke("web", httpEvent("POST", "/queues/inbox/drain"));
  expect(refused.json).toMatchObject({ statusCode: 401 });
  const headers = { authorization: `Bearer ${XDRAIN_TOKEN}` };
  const drained = await invoke("web", httpEvent("POST", "/queues/inbox/drain", { headers }));
  expect(JSON.parse(drained.json.body)).toMatchObject({ completed: 1, stopped: "empty" });
});

test("osls packages offline: one small file, and a schedule that fails loudly", async () => {
  const run = promisify(execFile);
  await run(process.execPath, [OSLS, "package", "--package", folder], { env: withoutStore() });
  expect(statSync(join(folder, "xdrain-inbox.zip")).size).toBeLessThan(200_000);
  const file = join(folder, "cloudformation-template-update-stack.json");
  const { Resources } = JSON.parse(readFileSync(file, "utf8"));
  expect(Resources.DrainSchedulerSchedule1.Properties).toMatchObject({
    State: "ENABLED",
    Target: {
      Input: JSON.stringify({ queue: "inbox", maxMessages: 5_000 }),
      RoleArn: { "Fn::GetAtt": ["TickRole", "Arn"] },
      DeadLetterConfig: { Arn: { "Fn::GetAtt": ["FailedTicks", "Arn"] } },
    },
  });
  expect(Resources.DrainLambdaEvConf.Properties.DestinationConfig.OnFailure).toEqual({
    Destination: { "Fn::GetAtt": ["FailedTicks", "Arn"] },
  });
  expect(Resources.Vpc).toBeUndefined();
  const { FunctionName } = Resources.DrainLambdaFunction.Properties;
  for (const { Variables } of environments(Resources)) {
    expect(Variables.DRAIN_FUNCTION).toBe(FunctionName);
  }
  expect(Resources.KickPolicy.Properties).toMatchObject({
    Roles: [{ Ref: "DrainRole" }, { Ref: "WebRole" }],
    PolicyDocument: {
      Statement: [
        { Action: KICK_ACTION, Resource: { "Fn::GetAtt": ["DrainLambdaFunction", "Arn"] } },
      ],
    },
  });
  expect(wildcards(Resources)).toEqual([]);
});

test("beside an ElastiCache the functions stand in private subnets that lead to it alone", async () => {
  const args = ["package", "--package", folder, "--param", "network=vpc"];
  await promisify(execFile)(process.execPath, [OSLS, ...args], { env: withoutStore() });
  const file = join(folder, "cloudformation-template-update-stack.json");
  const { Resources } = JSON.parse(readFileSync(file, "utf8"));
  for (const name of ["DrainLambdaFunction", "WebLambdaFunction"]) {
    const { Properties, DependsOn } = Resources[name];
    expect(Properties.VpcConfig).toEqual({
      SecurityGroupIds: [{ Ref: "FunctionsSecurityGroup" }],
      SubnetIds: [{ Ref: "SubnetA" }, { Ref: "SubnetB" }],
    });
    expect(DependsOn).toContain("InterfacesPolicy");
  }
  // Nothing of AWS can be asked from there, and no pass waits for an answer that never comes.
  for (const { Variables } of environments(Resources)) {
    expect([Variables.DRAIN_FUNCTION, Variables.SCHEDULE_NAME ?? ""]).toEqual(["", ""]);
  }
  expect(Resources.RedisFromFunctions.Properties).toMatchObject({
    FromPort: 6379,
    ToPort: 6379,
    SourceSecurityGroupId: { Ref: "FunctionsSecurityGroup" },
  });
  expect(Resources.RedisParameters.Properties.Properties["maxmemory-policy"]).toBe("noeviction");
});

interface Environment {
  readonly Variables: Readonly<Record<string, unknown>>;
}

/** What the two functions are told. */
function environments(
  resources: Record<string, { readonly Properties: { readonly Environment: Environment } }>,
): Environment[] {
  const names = ["DrainLambdaFunction", "WebLambdaFunction"];
  return names.flatMap((name) => resources[name]?.Properties.Environment ?? []);
}

/** The roles that may do something to everything. */
function wildcards(resources: Record<string, { Type: string; Properties: unknown }>): string[] {
  return Object.entries(resources)
    .filter(([, { Type }]) => Type.startsWith("AWS::IAM::"))
    .filter(([, { Properties }]) =>
      /"(?:Resource|Action)":\s*\[?"[^"]*\*/.test(JSON.stringify(Properties)),
    )
    .map(([name]) => name);
}
