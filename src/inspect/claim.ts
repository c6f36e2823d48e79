import { type Duration, milliseconds, YEAR_MS } from "../duration.ts";
import { entryId } from "../entry-id.ts";
import { StoreError } from "../errors.ts";
import { flag, name, oneOf, onlyKnown, refuse } from "../expect.ts";
import { randomId } from "../random-id.ts";
import { inspectLua } from "../redis/lua.generated.ts";
import { asText } from "../redis/reply.ts";
import { retentionArgs } from "../redis/retention.ts";
import { callOf, defineScript, type ScriptCall } from "../redis/script.ts";
import type { StoreQueue } from "../store.ts";
import { type Inspected, scriptRunner } from "./reader.ts";

export interface ClaimOptions {
  /** `parked`: tried again; `dead`: a dead letter. */
  readonly to: "parked" | "dead";
  /** How long a parked message waits. @default 0, it is due at once */
  readonly delay?: Duration;
  /** What its dead letter gives as its error. @default "It was given up by hand." */
  readonly reason?: string;
  /** Take it from a pass whose lease runs, too: what that pass does with it then counts no more. @default false */
  readonly force?: boolean;
}

/**
 * What became of a message: `parked` or `dead` as was asked for; `live`: a pass works on it, so nothing
 * was done; `elsewhere`: it is neither in flight nor parked; `lost`: its payload is gone, and so is it now.
 */
export type ClaimOutcome = "parked" | "dead" | "live" | "elsewhere" | "lost";

export interface Claimed {
  readonly outcome: ClaimOutcome;
  /** How often it was handed out; 0 where nothing was done. */
  readonly deliveries: number;
}

/** Takes one message from whoever has it. */
export const claimOneScript = defineScript("claim-one", {
  keys: [
    "stream",
    "parked_key",
    "due_key",
    "state_key",
    "dead_key",
    "keys_key",
    "ids_key",
    "crashes_key",
    "stats_key",
    "sent_key",
  ],
  freesMemory: true,
  fragments: ["fields", "narrow", "parked-set"],
  apart: [inspectLua["claim-one"]],
});

/**
 * Takes a message that is in flight or parked from whoever has it, in one atomic step. A delivery that is
 * taken counts as that of a pass that died: it is no failure of the handler.
 *
 * @param id The entry's id; of a message that was delayed, `show` tells it.
 * @throws OptionError for options that cannot be used, StoreError where Redis refuses.
 */
export async function claim(queue: Inspected, id: string, options: ClaimOptions): Promise<Claimed> {
  onlyKnown("claim", options, ["to", "delay", "reason", "force"]);
  const { store, storeQueue } = queue.resolved;
  const runScript = scriptRunner(queue);
  const request = resolve(id, options);
  const requestId = randomId(() => store.random(), JSON.stringify(request));
  const makeCall = (rememberMs: number) => callFor(storeQueue, request, requestId, rememberMs);
  const { reply, requests } = await runScript(makeCall, {});
  const [outcome, deliveries] = asText(reply[2]).split(" ");
  if (!isOutcome(outcome)) {
    throw new StoreError("store_refused", "Redis answered something else.", { requests });
  }
  return { outcome, deliveries: Number(deliveries) };
}

interface ClaimRequest {
  readonly id: string;
  readonly toDead: boolean;
  readonly force: boolean;
  readonly delayMs: number;
  readonly reason: string;
}

function resolve(id: string, { to, delay, reason, force }: ClaimOptions): ClaimRequest {
  if (to === undefined) refuse("to", '"parked" or "dead"', to);
  const toDead = oneOf("to", to, ["parked", "dead"]) === "dead";
  if (toDead && delay !== undefined) refuse("delay", "given only with `to` parked", delay);
  return {
    id: entryId("id", id),
    toDead,
    force: flag("force", force, false),
    delayMs: milliseconds("delay", delay ?? 0, { min: 0, max: YEAR_MS }),
    reason: name("reason", reason ?? "It was given up by hand.", 2_000),
  };
}

function callFor(
  queue: StoreQueue,
  { id, toDead, force, delayMs, reason }: ClaimRequest,
  requestId: string,
  rememberMs: number,
): ScriptCall {
  const trim = retentionArgs(queue.deadLetterRetention);
  const args = {
    group: queue.group,
    id,
    to_dead: toDead ? 1 : 0,
    force: force ? 1 : 0,
    delay: delayMs,
    reason,
    lease: queue.leaseMs,
    keep: queue.shared || queue.retention !== undefined ? 1 : 0,
    key_field: queue.keyField,
    dead_trim: trim.kind,
    dead_trim_value: trim.value,
    remember: rememberMs,
  };
  return callOf(claimOneScript, queue, args, { sent: requestId });
}

function isOutcome(text: string | undefined): text is ClaimOutcome {
  return ["parked", "dead", "live", "elsewhere", "lost"].includes(text ?? "");
}
