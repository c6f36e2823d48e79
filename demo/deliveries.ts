import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { type FaultPlan, failsOnce } from "../functions/inbox/faults.ts";
import { describeDelivery } from "../functions/inbox/handle.ts";
import type { InboxDelivery } from "../functions/inbox/queue.ts";
import { signature } from "../functions/inbox/signature.ts";

/** What a request is meant to meet: work, a repetition of it, or a refusal. */
export type Intent = "first" | "again" | "forged" | "malformed";

/** One request to the receiver of the webhooks. */
export interface WebhookRequest {
  readonly intent: Intent;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Everything that is sent, and what should come of it. */
export interface Plan {
  readonly requests: readonly WebhookRequest[];
  /** The deliveries that are to be worked on, each once. */
  readonly deliveries: readonly InboxDelivery[];
  readonly events: number;
  readonly bytes: number;
  readonly faults: FaultPlan;
  /** `faults`, as the functions are told. */
  readonly faultsText: string;
}

const ONCE_IN = 10;
const TWICE_IN = 10;
/** The second sending of a delivery follows so many deliveries later. */
const LATER = 12;
/** Which example fails every time. */
const ALWAYS = 100;

/** GitHub's published examples as GitHub would send them. The same in every run, secret apart. */
export async function planDeliveries(secret: string): Promise<Plan> {
  const deliveries = readExamples();
  const faults: FaultPlan = { onceIn: ONCE_IN, always: deliveries[ALWAYS]?.delivery };
  const requests: WebhookRequest[] = [];
  const twice = sentTwice(deliveries, faults);
  for (const [index, delivery] of deliveries.entries()) {
    requests.push(await signed(delivery, secret, "first"));
    const earlier = deliveries[index - LATER];
    if (earlier && twice.has(earlier)) requests.push(await signed(earlier, secret, "again"));
  }
  requests.push(...(await refusals(deliveries, secret)));
  return {
    requests,
    deliveries,
    events: new Set(deliveries.map(({ event }) => event)).size,
    bytes: requests.reduce((sum, { body }) => sum + body.length, 0),
    faults,
    faultsText: `once=${ONCE_IN},always=${faults.always}`,
  };
}

/** How many of the plan's requests have an intent. */
export function countOf(plan: Plan, intent: Intent): number {
  return plan.requests.filter((request) => request.intent === intent).length;
}

/** How many deliveries fail once before they succeed. */
export function countFailingOnce(plan: Plan): number {
  const { faults, deliveries } = plan;
  return deliveries.filter(
    ({ delivery }) => delivery !== faults.always && failsOnce(faults, delivery),
  ).length;
}

/** What the handler returns for each delivery that succeeds, worked out without any queue. */
export function expectedResults(plan: Plan): ReadonlyMap<string, unknown> {
  return new Map(
    plan.deliveries.map((delivery) => [delivery.delivery, describeDelivery(delivery)]),
  );
}

interface Example {
  readonly name: string;
  readonly examples: readonly object[];
}

/** The examples have no delivery ids: each gets one of its own, in the form of GitHub's. */
function readExamples(): InboxDelivery[] {
  const require = createRequire(import.meta.url);
  const events = require("@octokit/webhooks-examples/api.github.com/index.json") as Example[];
  return events
    .flatMap(({ name, examples }) => examples.map((payload) => ({ event: name, payload })))
    .map((example, index) => ({ ...example, delivery: deliveryId(index) }));
}

function deliveryId(index: number): string {
  const hex = createHash("sha256").update(`xdrain demo ${index}`).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join("-");
}

/** Those that fail are left out, so that the number of retries is known beforehand. */
function sentTwice(deliveries: readonly InboxDelivery[], faults: FaultPlan): Set<InboxDelivery> {
  const sound = deliveries.slice(0, -LATER).filter(({ delivery }) => {
    return delivery !== faults.always && !failsOnce(faults, delivery);
  });
  return new Set(sound.filter((_, index) => index % TWICE_IN === 0));
}

async function signed(
  delivery: InboxDelivery,
  secret: string,
  intent: Intent,
): Promise<WebhookRequest> {
  const body = encode(JSON.stringify(delivery.payload));
  return { intent, body, headers: await headersOf(delivery, body, secret) };
}

async function headersOf(
  { event, delivery }: Omit<InboxDelivery, "payload">,
  body: Uint8Array<ArrayBuffer>,
  secret: string,
): Promise<Record<string, string>> {
  return {
    "content-type": "application/json",
    "user-agent": "GitHub-Hookshot/xdrain-demo",
    "x-github-event": event,
    "x-github-delivery": delivery,
    "x-hub-signature-256": await signature(secret, body),
  };
}

/** What must never reach the queue, with ids that no true delivery has. */
async function refusals(
  deliveries: readonly InboxDelivery[],
  secret: string,
): Promise<WebhookRequest[]> {
  const [example] = deliveries;
  const event = example?.event ?? "";
  const body = encode(JSON.stringify(example?.payload));
  const headers = (id: string, over = body, by = secret) =>
    headersOf({ event, delivery: `refused-${id}` }, over, by);
  const without = async (id: string, name: string) => {
    const { [name]: _, ...rest } = await headers(id);
    return rest;
  };
  const cut = body.slice(0, body.length / 2);
  const form = encode(`payload=${encodeURIComponent(JSON.stringify(example?.payload))}`);
  const correct = (await headers("sha1"))["x-hub-signature-256"] ?? "";
  return [
    { intent: "forged", body, headers: await headers("secret", body, "a guess") },
    { intent: "forged", body: cut, headers: await headers("changed") },
    { intent: "forged", body, headers: await without("unsigned", "x-hub-signature-256") },
    {
      intent: "forged",
      body,
      headers: { ...(await headers("sha1")), "x-hub-signature-256": correct.replace("256", "1") },
    },
    { intent: "malformed", body: cut, headers: await headers("cut", cut) },
    { intent: "malformed", body: form, headers: await headers("form", form) },
    { intent: "malformed", body, headers: await without("nameless", "x-github-event") },
    { intent: "malformed", body, headers: await without("no-id", "x-github-delivery") },
  ];
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
