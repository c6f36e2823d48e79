import type { InboxDelivery } from "../functions/inbox/queue.ts";
import { signature } from "../functions/inbox/signature.ts";
import { LATER, type Ways } from "./ways.ts";

/** What a request is meant to meet: work, a repetition of it, or a refusal. */
export type Intent = "first" | "again" | "forged" | "malformed";

/** One request to the receiver of the webhooks. */
export interface WebhookRequest {
  readonly intent: Intent;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** The ordinary webhooks in their order, some of them a second time a little later. */
export async function ordinaryRequests(
  { ordinary, twice }: Ways,
  secret: string,
): Promise<WebhookRequest[]> {
  const requests: WebhookRequest[] = [];
  for (const [index, delivery] of ordinary.entries()) {
    requests.push(await signed(delivery, secret, "first"));
    const earlier = ordinary[index - LATER];
    if (earlier && twice.has(earlier)) requests.push(await signed(earlier, secret, "again"));
  }
  return requests;
}

/** A webhook as GitHub would send it. */
export async function signed(
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
export async function refusals(
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
