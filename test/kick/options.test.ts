import { expect, test } from "vitest";
import { OptionError } from "../../src/index.ts";
import { bindingKick, httpKick, type Kick } from "../../src/kick/index.ts";
import { lambdaKick } from "../../src/kick/lambda/index.ts";
import { KEYS } from "../signing/keys.ts";

const url = "https://app.example.com";
const key = KEYS.current;
const token = "token-that-may-drain";
const calls: unknown[] = [];
const binding = {
  fetch: async (...call: unknown[]) => {
    calls.push(call);
    return { status: 202, body: null };
  },
};
const client = {
  send: async (...call: unknown[]) => {
    calls.push(call);
    return { StatusCode: 202, $metadata: {} };
  },
};

/** What an option's refusal says; it is found before anything is asked of anybody. */
function refusalOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    expect(calls).toEqual([]);
    return (error as OptionError).message;
  }
  return expect.fail("It was not refused.");
}

test("an address has to be that of an app, and is never repeated", () => {
  const addresses = [
    "",
    "/queues",
    "app.example.com",
    "ftp://app.example.com",
    "https://user:secret-part@app.example.com",
    "https://app.example.com/?token=secret-part",
    "https://app.example.com/#secret-part",
    "https://app.example.com/?",
    undefined,
    7,
  ];
  for (const given of addresses) {
    const message = refusalOf(() => httpKick({ url: given as string, key }));
    expect(message, String(given)).toContain("Expected `url` to be the http or https address");
    expect(message).not.toContain("secret-part");
  }
  expect(refusalOf(() => bindingKick(binding, { key, origin: "drain" }))).toContain("`origin`");
  expect(httpKick({ url: new URL(`${url}/below/`), key })).toBeTypeOf("function");
});

test("exactly one proof is needed, and a secret that cannot be used is never repeated", () => {
  const wrong = [
    {},
    { key: undefined, token: undefined },
    { key, token },
    { key: "" },
    { key: "too-short-a-key" },
    { key: 7 },
    { token: "" },
    { token: "too-short" },
    { token: "with a space in the middle" },
    { token: "with-a-line-break\r\nx: y" },
    { token: 7 },
  ];
  for (const proof of wrong) {
    for (const make of [
      () => httpKick({ url, ...(proof as object) }),
      () => bindingKick(binding, proof as object),
    ]) {
      const message = refusalOf(make);
      expect(message).toMatch(/`key`|`token`|a key/);
      for (const secret of ["too-short", "space in", "line-break", KEYS.current]) {
        expect(message).not.toContain(secret);
      }
    }
  }
});

test("what no kick knows or can use is refused", () => {
  const wrong: [() => unknown, string][] = [
    [() => httpKick(undefined as never), "the options of httpKick"],
    [() => httpKick({ url, key, keys: [key] } as never), "got `keys`"],
    [() => httpKick({ url, key, timeout: 0 }), "`timeout`"],
    [() => httpKick({ url, key, timeout: "61 s" }), "`timeout`"],
    [() => httpKick({ url, key, timeout: "soon" as never }), "`timeout`"],
    [() => httpKick({ url, key, fetch: "fetch" as never }), "`fetch`"],
    [() => bindingKick(undefined as never, { key }), "`binding`"],
    [() => bindingKick({} as never, { key }), "`binding`"],
    [() => bindingKick(binding, undefined as never), "the options of bindingKick"],
    [() => bindingKick(binding, { key, url } as never), "got `url`"],
    [() => bindingKick(binding, { key, timeout: -1 }), "`timeout`"],
    [() => lambdaKick(undefined as never), "the options of lambdaKick"],
    [() => lambdaKick({ client: {} as never, functionName: "f" }), "`client`"],
    [() => lambdaKick({ client: client as never, functionName: "f", timeout: "2 m" }), "`timeout`"],
    [
      () => lambdaKick({ client: client as never, functionName: "f", name: "g" } as never),
      "`name`",
    ],
  ];
  for (const [make, said] of wrong) expect(refusalOf(make)).toContain(said);
});

const ARN = "arn:aws:lambda:eu-central-1:123456789012:function:orders-drain";

test("a function's name is one that Lambda takes", () => {
  const good = [
    "f",
    "orders_drain-2",
    "x".repeat(64),
    "orders-drain:live",
    "orders-drain:$LATEST",
    "orders-drain:7",
    "123456789012:function:orders-drain",
    ARN,
    `${ARN}:live`,
    "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:f",
    "arn:aws-cn:lambda:cn-north-1:123456789012:function:f",
    "arn:aws-eusc:lambda:eusc-de-east-1:123456789012:function:f",
  ];
  for (const functionName of good) {
    expect(lambdaKick({ client: client as never, functionName }), functionName).toBeTypeOf(
      "function",
    );
  }
  const bad = [
    "",
    "orders drain",
    "grüße",
    "x".repeat(65),
    `${ARN}:`,
    "orders-drain:",
    "orders-drain:live:live",
    "orders-drain:li ve",
    `orders-drain:${"x".repeat(129)}`,
    "https://id.lambda-url.eu-central-1.on.aws",
    "arn:aws:sqs:eu-central-1:123456789012:orders",
    "arn:aws:lambda:eu-central-1:12345:function:orders-drain",
    "arn:aws:lambda:eu-central-1:123456789012:layer:orders-drain",
    "orders-drain\n",
    "../invocations",
    undefined,
    7,
  ];
  for (const functionName of bad) {
    const make = () =>
      lambdaKick({ client: client as never, functionName: functionName as string });
    expect(refusalOf(make), String(functionName)).toContain("Expected `functionName`");
  }
});

test("a version or an alias is one that Lambda takes, and said once", () => {
  const kickOf = (qualifier: string, functionName = ARN) =>
    lambdaKick({ client: client as never, functionName, qualifier });
  for (const good of ["live", "7", "$LATEST", "$LATEST.PUBLISHED"]) {
    expect(kickOf(good)).toBeTypeOf("function");
  }
  for (const bad of ["", "li ve", "$latest", "live:7", "x".repeat(129), 7 as never]) {
    expect(
      refusalOf(() => kickOf(bad)),
      String(bad),
    ).toContain("Expected `qualifier`");
  }
  expect(refusalOf(() => kickOf("live", "orders-drain:live"))).toContain("got both");
});

test("a queue or a depth that nobody can be asked for is refused, and nothing is sent", async () => {
  const kicks: readonly Kick[] = [
    httpKick({ url, key, fetch: binding.fetch }),
    bindingKick(binding, { token }),
    lambdaKick({ client: client as never, functionName: "orders-drain" }),
  ];
  const wrong = [
    { queue: "", depth: 0 },
    { queue: "\ud800", depth: 0 },
    { queue: "x".repeat(513), depth: 0 },
    { queue: 7 as never, depth: 0 },
    { queue: "orders", depth: -1 },
    { queue: "orders", depth: 0.5 },
    { queue: "orders", depth: Number.NaN },
    { queue: "orders", depth: 1_000_001 },
  ];
  for (const kick of kicks) {
    for (const request of wrong) await expect(kick(request)).rejects.toThrow(OptionError);
  }
  for (const queue of [".", ".."]) {
    // An address would lose them; Lambda takes them in its event.
    for (const kick of kicks.slice(0, 2)) {
      await expect(kick({ queue, depth: 0 })).rejects.toThrow(OptionError);
    }
  }
  expect(calls).toEqual([]);
  for (const kick of kicks) await kick({ queue: "orders", depth: 1_000_000 });
  expect(calls).toHaveLength(3);
});
