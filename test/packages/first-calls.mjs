// The first real call of each entry point, for a folder where xdrain is installed and nothing else:
// prints as JSON how each ended.

import { createQueue, drain } from "xdrain";
import { dashboard } from "xdrain/dashboard";
import { eventBridge } from "xdrain/eventbridge";
import { createGateway, serveGateway } from "xdrain/gateway";
import { httpApp, work } from "xdrain/http";
import { ioredis } from "xdrain/ioredis";
import { lambdaKick } from "xdrain/kick-lambda";
import { traced, tracedDrain, tracedQueue } from "xdrain/opentelemetry";
import { qstash } from "xdrain/qstash";
import { memoryStore } from "xdrain/testing";
import { upstash } from "xdrain/upstash";

// Nothing listens there, and nothing may try.
const redis = "redis://127.0.0.1:1";
const overTcp = createQueue({ name: "tcp", store: ioredis({ url: redis }) });
const overRest = createQueue({
  name: "rest",
  store: upstash({ url: "http://127.0.0.1:1", token: "token" }),
});
const inMemory = createQueue({ name: "memory", store: memoryStore() });
await inMemory.send(1);

const tokens = [{ token: "a-token-of-the-tests", scopes: ["drain"] }];
const client = { send: async () => ({ $metadata: {}, StatusCode: 202 }) };
const target = {
  arn: "arn:aws:lambda:eu-central-1:123456789012:function:drain",
  roleArn: "arn:aws:iam::123456789012:role/tick",
};
const caller = qstash({
  currentSigningKey: "sig_CurrentSigningKeyOfTheTests01",
  nextSigningKey: "sig_NextSigningKeyOfTheTests00002",
  scopes: ["drain"],
});
const request = () => new Request("http://localhost/dashboard/");
const proof = {
  value: "a.b.c",
  method: "POST",
  url: "http://localhost/",
  body: async () => new Uint8Array(),
};
// These begin to load at once: nobody has asked them anything when that fails.
httpApp({ queues: work(inMemory, () => {}), tokens });
createGateway({ redis, token: "token" });
traced(() => {});

const calls = {
  "xdrain/ioredis": () => overTcp.send(1),
  "xdrain/ioredis drain": () => drain(overTcp, () => {}),
  "xdrain/ioredis stats": () => overTcp.stats(),
  "xdrain/upstash": () => overRest.send(1),
  "xdrain/upstash drain": () => drain(overRest, () => {}),
  "xdrain/upstash stats": () => overRest.stats(),
  "xdrain/http": () => httpApp({ queues: work(inMemory, () => {}), tokens }).fetch(request()),
  "xdrain/dashboard": () =>
    dashboard({ queues: overTcp, tokens: [{ ...tokens[0], role: "admin" }] }).fetch(request()),
  "xdrain/gateway": () => createGateway({ redis, token: "token" }).fetch(request()),
  "xdrain/gateway serve": () => serveGateway({ redis, token: "token" }),
  "xdrain/qstash": () => caller.verify(proof),
  "xdrain/eventbridge": () => eventBridge({ client, name: "orders", target }).ensureSchedule(),
  "xdrain/kick-lambda": () =>
    lambdaKick({ client, functionName: "drain" })({ queue: "a", depth: 0 }),
  "xdrain/opentelemetry": () =>
    drain(
      inMemory,
      traced(() => {}),
    ),
  "xdrain/opentelemetry tracedDrain": () => tracedDrain(inMemory, () => {}),
  "xdrain/opentelemetry tracedQueue": () => tracedQueue(inMemory).send(1),
};

const ends = {};
for (const [name, call] of Object.entries(calls)) {
  try {
    await call();
    ends[name] = { name: "none" };
  } catch (error) {
    const { name: kind, code, message, uncertain } = error;
    ends[name] = { name: kind, code, message, uncertain };
  }
}
// No pass that cannot run touches a message.
ends.untouched = await inMemory.depth();
process.stdout.write(JSON.stringify(ends));
