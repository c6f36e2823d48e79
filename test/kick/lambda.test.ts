import { LambdaClient } from "@aws-sdk/client-lambda";
import { expect, onTestFinished, test } from "vitest";
import { createQueue } from "../../src/index.ts";
import { KickError, lambdaKick } from "../../src/kick/lambda/index.ts";
import { lambda, work } from "../../src/runtimes/lambda/index.ts";
import { contextWith } from "../runtimes/lambda-events.ts";
import { serverTest, uniqueName } from "../support/redis.ts";
import { tcpStore } from "../support/stores.ts";
import { clientOf, type Fault, lambdaDouble } from "./lambda-double.ts";
import { failureOf, gate } from "./support.ts";

const ARN = "arn:aws:lambda:eu-central-1:123456789012:function:orders-drain";

/** A function that is there, and a kick of it. */
async function drainFunction(given: { readonly timeout?: number; readonly tries?: number } = {}) {
  const { tries, ...options } = given;
  const double = await lambdaDouble({ "orders-drain": () => {} });
  const client = clientOf(double, tries === undefined ? {} : { maxAttempts: tries });
  const kick = lambdaKick({ client, functionName: "orders-drain", ...options });
  return { double, kick };
}

serverTest("a message that was sent is drained by the function that the kick invokes", async () => {
  const handled: unknown[] = [];
  const queue = createQueue({ name: uniqueName("kicked"), store: tcpStore() });
  const handler = lambda({
    queues: () => work(queue, ({ payload }) => handled.push(payload)),
  });
  const double = await lambdaDouble({
    "orders-drain": (event) => handler(event, contextWith(30_000)),
  });
  const kick = lambdaKick({ client: clientOf(double), functionName: "orders-drain" });

  await queue.send("one");
  await kick({ queue: queue.name, depth: 0 });
  await double.idle();
  expect(handled).toEqual(["one"]);
  expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0 });

  await queue.send("two");
  await kick({ queue: queue.name, depth: 3 });
  await double.idle();
  expect(handled).toEqual(["one", "two"]);
  expect(double.requests).toBe(2);
  expect(double.invocations.map(({ payload, attempt }) => [payload, attempt])).toEqual([
    [{ queue: queue.name, depth: 0 }, 1],
    [{ queue: queue.name, depth: 3 }, 1],
  ]);
});

test("the kick ends when the service has taken it, while the pass still runs", async () => {
  const { opened, open } = gate();
  const double = await lambdaDouble({ "orders-drain": () => opened });
  const kick = lambdaKick({ client: clientOf(double), functionName: "orders-drain" });
  await kick({ queue: "orders", depth: 0 });
  expect(double.invocations).toEqual([]);
  open();
  await double.idle();
  expect(double.invocations).toHaveLength(1);
});

test("a function is found by its name, its ARN or a part of it, with and without a version", async () => {
  const double = await lambdaDouble({ "orders-drain": () => {} });
  double.qualifiers.add("live").add("7");
  const client = clientOf(double);
  const names = ["orders-drain", ARN, "123456789012:function:orders-drain"];
  for (const functionName of names) {
    await lambdaKick({ client, functionName })({ queue: "orders", depth: 0 });
    await lambdaKick({ client, functionName: `${functionName}:live` })({ queue: "o", depth: 0 });
    await lambdaKick({ client, functionName, qualifier: "7" })({ queue: "o", depth: 0 });
  }
  await double.idle();
  const invoked = ["$LATEST", "live", "7"];
  expect(double.invocations.map(({ qualifier }) => qualifier)).toEqual([
    ...invoked,
    ...invoked,
    ...invoked,
  ]);
});

test("what refuses or cannot take the event is told by a code, with the SDK's error as the cause", async () => {
  const { double, kick } = await drainFunction({ tries: 1 });
  const failures: [string, Fault][] = [
    ["throttled", "throttle"],
    ["unavailable", "fail"],
    ["unavailable", "lose-request"],
    ["unavailable", "conflict"],
  ];
  for (const [code, fault] of failures) {
    double.inject(fault);
    const before = double.requests;
    const error = await failureOf(kick({ queue: "orders", depth: 0 }));
    expect(error, fault).toBeInstanceOf(KickError);
    expect([error.code, double.requests - before], fault).toEqual([code, 1]);
    expect(error.cause, fault).toBeInstanceOf(Error);
  }
  double.rights.clear();
  const denied = await failureOf(kick({ queue: "orders", depth: 0 }));
  expect([denied.code, denied.message]).toEqual([
    "denied",
    'The kick of "orders" failed: Invoke ended with AccessDeniedException. Is it the key, the token or the role of whoever may drain there?',
  ]);
  double.rights.add("lambda:InvokeFunction");
  double.functions.clear();
  expect(await failureOf(kick({ queue: "orders", depth: 0 }))).toMatchObject({ code: "not_found" });
  expect(double.invocations).toEqual([]);
});

test("what the SDK tries again with success is no failure, and an answer that got lost is one event more", async () => {
  const { double, kick } = await drainFunction();
  double.inject("throttle", "fail");
  await kick({ queue: "orders", depth: 0 });
  await double.idle();
  expect([double.requests, double.invocations.length]).toEqual([3, 1]);
  double.inject("lose-answer");
  await kick({ queue: "orders", depth: 0 });
  await double.idle();
  expect([double.requests, double.invocations.length]).toEqual([5, 3]);
});

test("a service that does not answer is waited for until the timeout", async () => {
  const { double, kick } = await drainFunction({ timeout: 100 });
  double.inject("hang", "hang", "hang");
  expect(await failureOf(kick({ queue: "orders", depth: 0 }))).toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("Invoke ended with TimeoutError"),
  });
});

test("the timeout holds for a client too that does not heed it, and every client is told", async () => {
  let told: AbortSignal | undefined;
  const deaf = {
    send(_: unknown, options: { readonly abortSignal: AbortSignal }) {
      told = options.abortSignal;
      return new Promise<never>(() => {});
    },
  };
  const kick = lambdaKick({ client: deaf as never, functionName: "orders-drain", timeout: 20 });
  expect(await failureOf(kick({ queue: "orders", depth: 0 }))).toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("Invoke ended with TimeoutError"),
  });
  expect(told?.aborted).toBe(true);
});

test("errors whose status says something else are known by their names", async () => {
  const errors: [string, number | undefined, string][] = [
    ["EC2ThrottledException", 502, "throttled"],
    ["ThrottlingException", 400, "throttled"],
    ["KMSAccessDeniedException", 502, "unavailable"],
    ["RecursiveInvocationException", 400, "refused"],
    ["no name: secret", undefined, "unavailable"],
  ];
  for (const [name, httpStatusCode, code] of errors) {
    const cause = Object.assign(new Error("secret"), { name, $metadata: { httpStatusCode } });
    const client = { send: () => Promise.reject(cause) };
    const kick = lambdaKick({ client: client as never, functionName: "orders-drain" });
    const error = await failureOf(kick({ queue: "orders", depth: 0 }));
    expect([error.code, error.cause]).toEqual([code, cause]);
    expect(error.message).not.toContain("secret");
  }
});

test("an answer that does not say that the event was taken is a failure", async () => {
  for (const [StatusCode, code] of [
    [200, "refused"],
    [204, "refused"],
    [503, "unavailable"],
  ] as const) {
    const client = { send: async () => ({ StatusCode, $metadata: {} }) };
    const kick = lambdaKick({ client: client as never, functionName: "orders-drain" });
    const error = await failureOf(kick({ queue: "orders", depth: 0 }));
    expect([error.code, error.message]).toEqual([
      code,
      expect.stringContaining(`Invoke was answered with ${StatusCode}`),
    ]);
  }
});

test("without credentials a kick is denied, before anything is sent", async () => {
  const { double } = await drainFunction();
  const client = new LambdaClient({
    region: "eu-central-1",
    endpoint: double.url,
    credentials: () => {
      throw Object.assign(new Error("no"), { name: "CredentialsProviderError" });
    },
  });
  onTestFinished(() => client.destroy());
  const kick = lambdaKick({ client, functionName: "orders-drain" });
  expect(await failureOf(kick({ queue: "orders", depth: 0 }))).toMatchObject({ code: "denied" });
  expect(double.requests).toBe(0);
});

test("a kick that is called off is not waited for", async () => {
  const { double, kick } = await drainFunction();
  double.inject("hang");
  const controller = new AbortController();
  const kicked = failureOf(kick({ queue: "orders", depth: 0, signal: controller.signal }));
  controller.abort();
  expect((await kicked).code).toBe("unavailable");
});

test("no error says a secret of the client", async () => {
  const { double, kick } = await drainFunction();
  double.rights.clear();
  const error = await failureOf(kick({ queue: "orders", depth: 0 }));
  const said = `${error.message} ${error.stack} ${JSON.stringify(error)}`;
  for (const secret of ["AKIDEXAMPLE", "secret-access-key", "123456789012"]) {
    expect(said).not.toContain(secret);
  }
});
