import { type FaultPlan, failsOnce } from "../functions/inbox/faults.ts";
import { type InboxDelivery, isUrgent } from "../functions/inbox/queue.ts";

/** How the deliveries come to the inbox. */
export interface Ways {
  /** Through the receiver of the webhooks, most of them. */
  readonly ordinary: readonly InboxDelivery[];
  /** Through the receiver too, after ordinary ones that they overtake. */
  readonly urgent: readonly InboxDelivery[];
  /** Of those, which are sent a second time. */
  readonly twice: ReadonlySet<InboxDelivery>;
  /** Sent by a producer that asks for a pass at once. */
  readonly kicked: InboxDelivery;
  /** Sent by a producer to be handled later. */
  readonly delayed: readonly InboxDelivery[];
}

const TWICE_IN = 10;
const DELAYED_IN = 20;
/** The second sending of a delivery follows so many deliveries later. */
export const LATER = 12;

/**
 * Decides for each delivery how it comes. Those that fail come once and as webhooks, so that the number
 * of retries is known beforehand.
 */
export function splitDeliveries(deliveries: readonly InboxDelivery[], faults: FaultPlan): Ways {
  const sound = ({ delivery }: InboxDelivery) =>
    delivery !== faults.always && !failsOnce(faults, delivery);
  const urgent = deliveries.filter(({ event }) => isUrgent(event));
  const others = deliveries.filter(({ event }) => !isUrgent(event));
  const [kicked, ...rest] = others.filter(sound);
  if (kicked === undefined) throw new Error("There are no deliveries.");
  const delayed = rest.filter((_, index) => index % DELAYED_IN === DELAYED_IN - 1);
  const direct = new Set([kicked, ...delayed]);
  const ordinary = others.filter((delivery) => !direct.has(delivery));
  const again = ordinary.slice(0, -LATER).filter(sound);
  const twice = new Set(again.filter((_, index) => index % TWICE_IN === 0));
  return { ordinary, urgent, twice, kicked, delayed };
}
