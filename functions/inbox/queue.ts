import { createQueue, type Queue, type QueueOptions, type Store } from "../../src/index.ts";

/** A webhook delivery, as it waits in the queue. */
export interface InboxDelivery {
  /** The name of the event, from `X-GitHub-Event`, as in `pull_request`. */
  readonly event: string;
  /** The id that GitHub gave this delivery; a redelivery has the same one. */
  readonly delivery: string;
  readonly payload: unknown;
}

/** What a deployment may decide otherwise: lease, backoff, the stream's name, and so on. */
export type InboxOptions = Partial<Omit<QueueOptions, "store">>;

/**
 * The queue between the receiver of the webhooks and the functions that work on them. All of them
 * make it the same way, so that they agree on its policy.
 */
export function inboxQueue(store: Store, options: InboxOptions = {}): Queue<InboxDelivery> {
  // GitHub sends at most 25 MB; a REST request carries less, so the rare larger one is refused.
  return createQueue<InboxDelivery>({ name: "inbox", maxPayload: 8_000_000, ...options, store });
}

/** The queues of the inbox: what is urgent does not wait behind what is not. */
export interface Inbox {
  readonly urgent: Queue<InboxDelivery>;
  readonly ordinary: Queue<InboxDelivery>;
}

/** Both queues, with the same options. Their streams share a hash tag: one pass drains both. */
export function openInbox(store: Store, options: InboxOptions = {}): Inbox {
  const ordinary = inboxQueue(store, options);
  const { stream } = ordinary.resolved.storeQueue;
  const tagged = stream.includes("}") ? stream : `{${stream}}`;
  const own = { name: "inbox-urgent", stream: `${tagged}:urgent` };
  return { urgent: inboxQueue(store, { ...options, ...own }), ordinary };
}

/** The queue of an event. */
export function queueFor({ urgent, ordinary }: Inbox, event: string): Queue<InboxDelivery> {
  return isUrgent(event) ? urgent : ordinary;
}

/** Whether somebody should hear of an event at once: GitHub tells of a weakness. */
export function isUrgent(event: string): boolean {
  return event.endsWith("_alert") || event === "security_advisory";
}

/**
 * Reads the options that a deployment may set: `INBOX_STREAM`, the stream's key; `INBOX_LEASE` and
 * `INBOX_BACKOFF` (how long a message waits after its first failure), both as in `30 s`; and
 * `INBOX_RESULTS=keep`, to keep what the handler returns.
 */
export function inboxOptions(env: {
  readonly INBOX_STREAM?: string | undefined;
  readonly INBOX_LEASE?: string | undefined;
  readonly INBOX_BACKOFF?: string | undefined;
  readonly INBOX_RESULTS?: string | undefined;
}): InboxOptions {
  // The queue checks the texts, and says what it expected.
  const lease = env.INBOX_LEASE as InboxOptions["visibilityTimeout"] | undefined;
  const backoff = env.INBOX_BACKOFF as NonNullable<InboxOptions["backoff"]>["initial"];
  return {
    ...(env.INBOX_STREAM ? { stream: env.INBOX_STREAM } : {}),
    ...(lease ? { visibilityTimeout: lease } : {}),
    ...(backoff ? { backoff: { initial: backoff } } : {}),
    ...(env.INBOX_RESULTS === "keep" ? { keepResults: true } : {}),
  };
}
