import type { Argv } from "yargs";
import { UsageError } from "./errors.ts";
import { asDuration } from "./moments.ts";
import type { Policy } from "./queue.ts";

/** What a pass has to know of the queue's policy, as flags: what its functions say, too. */
export interface PolicyArguments {
  readonly visibilityTimeout: string | undefined;
  readonly maxFailures: number | undefined;
  readonly maxDeliveries: number | undefined;
  readonly onCrash: "retry" | "dead" | undefined;
  readonly shared: boolean;
  readonly groups: string | undefined;
  readonly retentionAge: string | undefined;
  readonly retentionCount: number | undefined;
  readonly deduplicate: boolean;
  readonly idempotencyWindow: string | undefined;
  readonly keepResults: boolean;
}

export function withPolicy<Options>(argv: Argv<Options>): Argv<Options & PolicyArguments> {
  const group = "The queue's policy, as its functions have it:";
  return argv.options({
    "visibility-timeout": { type: "string", group, describe: "The lease [60s]" },
    "max-failures": { type: "number", group, describe: "Failures until a dead letter [5]" },
    "max-deliveries": { type: "number", group, describe: "Deliveries until a dead letter [10]" },
    "on-crash": {
      choices: ["retry", "dead"] as const,
      group,
      describe: "When a pass dies [retry]",
    },
    shared: { type: "boolean", default: false, group, describe: "Other groups read the stream" },
    groups: { type: "string", group, describe: "All groups that do every message: mail,audit" },
    "retention-age": { type: "string", group, describe: "Keep completed entries so long" },
    "retention-count": { type: "number", group, describe: "Keep so many completed entries" },
    deduplicate: { type: "boolean", default: false, group, describe: "Sends store a key once" },
    "idempotency-window": { type: "string", group, describe: "How long keys count [24h]" },
    "keep-results": { type: "boolean", default: false, group, describe: "Keep handlers' results" },
  }) as unknown as Argv<Options & PolicyArguments>;
}

/** @throws UsageError for two kinds of retention at once. */
export function policyOf(args: PolicyArguments): Policy {
  const { maxFailures, maxDeliveries, onCrash, shared, groups, deduplicate, keepResults } = args;
  return {
    visibilityTimeout: asDuration(args.visibilityTimeout),
    idempotencyWindow: asDuration(args.idempotencyWindow),
    retention: retentionOf(args),
    maxFailures,
    maxDeliveries,
    onCrash,
    shared,
    groups: groups?.split(",").map((name) => name.trim()),
    deduplicate,
    keepResults,
  };
}

function retentionOf({ retentionAge, retentionCount }: PolicyArguments): Policy["retention"] {
  if (retentionAge !== undefined && retentionCount !== undefined) {
    throw new UsageError("Expected either --retention-age or --retention-count, got both.");
  }
  if (retentionAge !== undefined) return { age: asDuration(retentionAge) };
  return retentionCount === undefined ? undefined : { count: retentionCount };
}
