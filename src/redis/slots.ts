import { StoreError } from "../errors.ts";
import { hashTag } from "./keys.ts";

/**
 * A Cluster has refused a step over several queues: the error with their names, and with names that
 * would do. Any other error as it is.
 */
export function nameSlots(error: unknown, given: readonly string[]): unknown {
  if (!(error instanceof StoreError) || error.code !== "store_cross_slot") return error;
  const streams = given.toSorted(); // the order of a turn is drawn
  if (new Set(streams.map(hashTag)).size === 1) return error;
  const tag = commonStart(streams) || "queues";
  const renamed = streams.map((stream) => {
    const rest = stream.replaceAll(/[{}]/g, "");
    return rest.startsWith(tag) ? `{${tag}}${rest.slice(tag.length)}` : `{${tag}}:${rest}`;
  });
  return new StoreError(
    "store_cross_slot",
    `The queues of one drain have to be in one slot of the Cluster, and these streams are not: ${streams.join(", ")}. Give them one hash tag, as in ${renamed.join(", ")}.`,
    { requests: error.requests, uncertain: error.uncertain },
  );
}

/** What all names begin with, up to a separator. */
function commonStart(names: readonly string[]): string {
  const [first = "", ...others] = names.map((name) => name.replaceAll(/[{}]/g, ""));
  let length = 0;
  while (length < first.length && others.every((name) => name[length] === first[length])) {
    length += 1;
  }
  return /^(.*?)[:./_-]*$/.exec(first.slice(0, length))?.[1] ?? "";
}
