import { name, oneOf, onlyKnown, refuse } from "../expect.ts";
import { named } from "../redis/answers.ts";
import { asArray, asNumber, asText } from "../redis/reply.ts";
import { cutPage, type Page, pageSize } from "./page.ts";
import type { Reader } from "./reader.ts";

/** A consumer of the queue's group. */
export interface ConsumerInfo {
  readonly name: string;
  /** `pass`: of a running pass, or of one that died; `suspects`: has what dead passes left; `foreign`: of another make. */
  readonly kind: "pass" | "suspects" | "foreign";
  /** How many messages it has. */
  readonly pending: number;
  /** Since it last tried to read or claim something. */
  readonly idleMs: number;
}

export interface ConsumersOptions {
  /** The name behind which the page begins; only in the order of names. */
  readonly after?: string;
  /** @default 50 */
  readonly count?: number;
  /** By name, or those with the most pending messages first. @default "name" */
  readonly order?: "name" | "pending";
}

/** Redis has no pages of consumers: all are read, about a hundred bytes each. */
export async function readConsumers(
  reader: Reader,
  options: ConsumersOptions = {},
): Promise<Page<ConsumerInfo>> {
  onlyKnown("consumers", options, ["after", "count", "order"]);
  const count = pageSize(options.count);
  const byPending = oneOf("order", options.order, ["name", "pending"]) === "pending";
  if (byPending && options.after !== undefined) {
    refuse("after", "given only in the order of names", options.after);
  }
  const after = options.after === undefined ? "" : name("after", options.after);
  const { stream, group } = reader.queue;
  const [reply] = await reader.ask(["XINFO", "CONSUMERS", stream, group]);
  const consumers = asArray(reply ?? [])
    .map(readConsumer)
    .filter((consumer) => consumer.name > after)
    .sort((a, b) => (byPending ? b.pending - a.pending : 0) || (a.name < b.name ? -1 : 1));
  const page = cutPage(consumers, count, (consumer) => consumer.name);
  return byPending ? { ...page, next: undefined } : page;
}

function readConsumer(flat: unknown): ConsumerInfo {
  const info = named(flat);
  const consumer = asText(info.get("name"));
  return {
    name: consumer,
    kind: kindOf(consumer),
    pending: asNumber(info.get("pending")),
    idleMs: asNumber(info.get("idle")),
  };
}

/** What a consumer's name tells. */
export function kindOf(consumer: string): ConsumerInfo["kind"] {
  if (consumer === "xd:suspects") return "suspects";
  return consumer.startsWith("xd:") ? "pass" : "foreign";
}
