import type { Handler } from "../../src/index.ts";
import type { InboxDelivery } from "./queue.ts";

/** Which deliveries fail on purpose, to see retries and dead letters without breaking anything. */
export interface FaultPlan {
  /** About one delivery of so many fails the first time; 0 for none. */
  readonly onceIn: number;
  /** The delivery that fails every time. */
  readonly always: string | undefined;
}

/**
 * Reads `INBOX_FAULTS`, as in `once=10,always=7f2c…`; nothing set means no faults.
 * @throws TypeError for anything else, so that a typing mistake does not pass as "no faults".
 */
export function parseFaults(text: string | undefined): FaultPlan {
  let plan: FaultPlan = { onceIn: 0, always: undefined };
  for (const part of (text ?? "").split(",").filter((part) => part !== "")) {
    const [, name, value = ""] = part.match(/^(once|always)=(.+)$/) ?? [];
    if (name === "always") plan = { ...plan, always: value };
    else if (name === "once" && /^[1-9]\d{0,8}$/.test(value)) plan = { ...plan, onceIn: +value };
    else throw new TypeError(`Expected INBOX_FAULTS as in once=10,always=<id>, got "${part}".`);
  }
  return plan;
}

/** The handler, failing as planned before it does any work. */
export function withFaults(
  handler: Handler<InboxDelivery>,
  plan: FaultPlan,
): Handler<InboxDelivery> {
  return (message, context) => {
    // Another producer may have written anything; what it is, the handler says.
    const delivery: unknown = (message.payload as InboxDelivery | null)?.delivery;
    if (typeof delivery !== "string") return handler(message, context);
    if (delivery === plan.always) throw new Error("This delivery always fails, as planned.");
    if (message.failures === 0 && failsOnce(plan, delivery)) {
      throw new Error("This delivery fails once, as planned.");
    }
    return handler(message, context);
  };
}

/** Decided by the id alone: every process that gets the delivery decides the same. */
export function failsOnce(plan: FaultPlan, delivery: string): boolean {
  return plan.onceIn > 0 && fnv1a(delivery) % plan.onceIn === 0;
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
