import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { type FaultPlan, failsOnce } from "../functions/inbox/faults.ts";
import { describeDelivery } from "../functions/inbox/handle.ts";
import type { InboxDelivery } from "../functions/inbox/queue.ts";
import {
  type Intent,
  ordinaryRequests,
  refusals,
  signed,
  type WebhookRequest,
} from "./requests.ts";
import { splitDeliveries, type Ways } from "./ways.ts";

/** Everything that is sent, and what should come of it. */
export interface Plan {
  /** The webhooks, in the order in which they are sent. */
  readonly requests: readonly WebhookRequest[];
  /** The same in three parts: what waits before any function drains, what overtakes it, and the rest. */
  readonly waiting: readonly WebhookRequest[];
  readonly urgent: readonly WebhookRequest[];
  readonly rest: readonly WebhookRequest[];
  readonly ways: Ways;
  /** Sent to be handled later, and cancelled: nobody may ever work on it. */
  readonly cancelled: InboxDelivery;
  /** The deliveries that are to be worked on, each once. */
  readonly deliveries: readonly InboxDelivery[];
  readonly events: number;
  readonly bytes: number;
  readonly faults: FaultPlan;
  /** `faults`, as the functions are told. */
  readonly faultsText: string;
}

const ONCE_IN = 10;
/** Which example fails every time. */
const ALWAYS = 100;
/** So many ordinary webhooks wait when the urgent ones come. */
const WAITING = 120;

/** GitHub's published examples as GitHub would send them. The same in every run, secret apart. */
export async function planDeliveries(secret: string): Promise<Plan> {
  const deliveries = readExamples();
  const faults: FaultPlan = { onceIn: ONCE_IN, always: deliveries[ALWAYS]?.delivery };
  const ways = splitDeliveries(deliveries, faults);
  const ordinary = await ordinaryRequests(ways, secret);
  const urgent = await Promise.all(ways.urgent.map((one) => signed(one, secret, "first")));
  const waiting = ordinary.slice(0, WAITING);
  const rest = [...ordinary.slice(WAITING), ...(await refusals(deliveries, secret))];
  const requests = [...waiting, ...urgent, ...rest];
  return {
    ...{ requests, waiting, urgent, rest },
    ways,
    cancelled: { event: "ping", delivery: deliveryId(deliveries.length), payload: {} },
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
