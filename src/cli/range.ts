import { lastIdBefore } from "../entry-id.ts";
import { moment } from "./moments.ts";

const ID = /^\d{1,15}-\d{1,20}$/;

/** No entry comes before it, and Redis refuses to look before `0-0`. */
const FIRST = "0-1";

/** Ids between which entries are meant, both excluded. */
export interface IdBounds {
  readonly after: string | undefined;
  readonly before: string | undefined;
}

/** `--since` is included, `--until` is not; an id given as one is behind or before which. @throws UsageError */
export function idBounds(
  args: { readonly since: string | undefined; readonly until: string | undefined },
  now: number,
): IdBounds {
  const { since, until } = args;
  return {
    after: since === undefined ? undefined : behind("--since", since, now),
    before: until === undefined ? undefined : upTo("--until", until, now),
  };
}

function upTo(flag: string, given: string, now: number): string {
  const id = ID.test(given) ? given : `${time(flag, given, now)}-0`;
  return id === "0-0" ? FIRST : id;
}

function behind(flag: string, given: string, now: number): string | undefined {
  if (ID.test(given)) return given;
  const ms = time(flag, given, now);
  return lastIdBefore(ms);
}

function time(flag: string, given: string, now: number): number {
  return Math.max(0, Math.floor(moment(flag, given, now)));
}
