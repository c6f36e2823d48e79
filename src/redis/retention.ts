import type { Retention } from "../store.ts";

/** A retention as the scripts take it: XTRIM's word for it, and its number. */
export interface RetentionArgs {
  readonly kind: "" | "MAXLEN" | "MINID";
  readonly value: number;
}

export function retentionArgs(retention: Retention | undefined): RetentionArgs {
  if (retention === undefined) return { kind: "", value: 0 };
  return "maxCount" in retention
    ? { kind: "MAXLEN", value: retention.maxCount }
    : { kind: "MINID", value: retention.maxAgeMs };
}
