import { type Handler, Reject } from "../../src/index.ts";
import { parseFaults, withFaults } from "./faults.ts";
import type { InboxDelivery } from "./queue.ts";

/** The handler that the functions run: the application's work, with faults where some are asked for. */
export function inboxHandler(faults: string | undefined): Handler<InboxDelivery> {
  return withFaults(handleDelivery, parseFaults(faults));
}

/**
 * The application's work: tells a delivery in one line, as an activity feed shows it. What it
 * returns is kept where the queue keeps results. An entry that is no delivery is given up at once;
 * trying it again would not change it.
 */
export const handleDelivery: Handler<InboxDelivery> = ({ payload }) => {
  if (textAt(payload, "event") !== undefined) return describeDelivery(payload);
  throw new Reject("The message is not a webhook delivery: it has no event.");
};

/** One line about a delivery, as in `issues opened in octo/hello by monalisa`. */
export function describeDelivery({ event, payload }: InboxDelivery): string {
  const action = textAt(payload, "action");
  const where =
    textAt(payload, "repository", "full_name") ?? textAt(payload, "organization", "login");
  const who = textAt(payload, "sender", "login");
  return [
    action === undefined ? event : `${event} ${action}`,
    where === undefined ? undefined : `in ${where}`,
    who === undefined ? undefined : `by ${who}`,
  ]
    .filter((part) => part !== undefined)
    .join(" ");
}

/** The text at a path of a payload whose shape nobody has checked. */
function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  let at = value;
  for (const name of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Readonly<Record<string, unknown>>)[name];
  }
  return typeof at === "string" && at !== "" ? at : undefined;
}
