import type { DeadLetters } from "../dead-letters.ts";
import { type Duration, milliseconds } from "../duration.ts";
import { OptionError } from "../errors.ts";
import { onlyKnown, refuse, refuseKind } from "../expect.ts";
import { type Inspection, inspect } from "../inspect/index.ts";
import { createReader, type Reader } from "../inspect/reader.ts";
import type { Queue } from "../queue.ts";
import { type Attempts, instanceAttempts } from "./attempts.ts";

/** What whoever has a token may do: look, or change things too. */
export type Role = "admin" | "reader";

export interface DashboardToken {
  /** At least 16 printable ASCII characters without spaces. */
  readonly token: string | undefined;
  /** `reader` sees everything, payloads included, and changes nothing. */
  readonly role: Role;
}

/** A queue of any types. */
export type ShownQueue = Pick<
  Queue<never, unknown>,
  "name" | "resolved" | "stats" | "send" | "cancel" | "replay" | "pause" | "resume"
> & { readonly deadLetters: Pick<DeadLetters<unknown>, "redrive" | "remove"> };

/** A token that was checked. */
export interface KnownToken extends DashboardToken {
  readonly token: string;
}

export interface DashboardOptions {
  /** Queues over Redis, or what `work` has made of them, in the order in which they are shown. */
  readonly queues: Shown | readonly Shown[];
  /** Who may sign in. */
  readonly tokens: readonly DashboardToken[];
  /** The path under which all pages are; `"/"` where the dashboard has its host alone. @default "/dashboard" */
  readonly basePath?: string | undefined;
  /** How often an open page asks for news, between 1 s and 1 h; history is asked for six times as rarely. @default 5 s */
  readonly refresh?: Duration | undefined;
  /** How long somebody stays signed in, between 1 min and 30 d. @default 12 h */
  readonly sessionTime?: Duration | undefined;
  /** The origin as browsers see it (`https://ops.example.com`), behind a proxy that changes the host. @default the request's host */
  readonly origin?: string | undefined;
  /** Counts failed sign-ins; several dashboards of an instance share one. @default ten a minute and instance */
  readonly attempts?: Attempts | undefined;
  /** Told of each request that failed unexpectedly, for a log; what it throws is ignored. */
  readonly onError?: ((error: unknown) => unknown) | undefined;
}

type Shown = ShownQueue | { readonly queues: readonly ShownQueue[] };

/** A queue and the ways to look into it. */
export interface Viewed {
  readonly queue: ShownQueue & Pick<Queue<unknown>, "send">;
  readonly view: Inspection;
  readonly reader: Reader;
}

export interface ResolvedDashboard {
  readonly queues: readonly Viewed[];
  readonly tokens: readonly KnownToken[];
  /** Begins with a slash and does not end with one; empty for the root. */
  readonly base: string;
  readonly refreshMs: number;
  readonly sessionMs: number;
  readonly origin: string | undefined;
  readonly attempts: Attempts;
  readonly onError: (error: unknown) => unknown;
  /** Milliseconds since 1970 by the clock of the instance. */
  readonly now: () => number;
}

const KNOWN = [
  "queues",
  "tokens",
  "basePath",
  "refresh",
  "sessionTime",
  "origin",
  "attempts",
  "onError",
];
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** @throws OptionError for an option that cannot be used. */
export function resolveDashboard(options: DashboardOptions): ResolvedDashboard {
  onlyKnown("dashboard", options, KNOWN);
  const queues = checkQueues(options.queues);
  const { store } = (queues[0] as Viewed).queue.resolved;
  return {
    queues,
    tokens: checkTokens(options.tokens),
    base: checkPath(options.basePath ?? "/dashboard"),
    refreshMs: milliseconds("refresh", options.refresh ?? 5_000, { min: 1_000, max: HOUR_MS }),
    sessionMs: milliseconds("sessionTime", options.sessionTime ?? 12 * HOUR_MS, {
      min: MINUTE_MS,
      max: 30 * 24 * HOUR_MS,
    }),
    origin: checkOrigin(options.origin),
    attempts: checkAttempts(options.attempts ?? instanceAttempts),
    onError: checkOnError(options.onError ?? (() => {})),
    now: () => store.now(),
  };
}

function checkQueues(given: DashboardOptions["queues"]): readonly Viewed[] {
  const shown = [given].flat() as readonly Shown[];
  const queues = shown.flatMap(queuesOf);
  if (queues.length === 0) throw new OptionError("Expected at least one queue, got none.");
  const names = queues.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new OptionError(`Expected each queue once, got "${twice}" twice.`);
  }
  // What is sent by hand is checked by the queue's schema, as everything else is.
  return queues.map((queue) => ({
    queue: queue as Viewed["queue"],
    view: inspect(queue),
    reader: createReader(queue),
  }));
}

function queuesOf(one: Shown): readonly ShownQueue[] {
  const queues: unknown = isObject(one) && "queues" in one ? one.queues : [one];
  if (!Array.isArray(queues) || !queues.every((queue) => isObject(queue) && "resolved" in queue)) {
    throw new OptionError("Expected `queues` to be queues, or what `work` has made of them.");
  }
  return queues;
}

/** Fails closed: an unset variable must not become a token that anybody can guess. */
function checkTokens(tokens: readonly DashboardToken[]): readonly KnownToken[] {
  if (!Array.isArray(tokens) || tokens.length === 0) {
    throw new OptionError("Expected `tokens` to have at least one token, got none.");
  }
  const checked = tokens.map((one): KnownToken => {
    if (!isObject(one)) {
      throw new OptionError("Expected each of `tokens` to be an object with `token` and `role`.");
    }
    const { token, role } = one;
    if (typeof token !== "string" || !/^[\x21-\x7e]{16,}$/.test(token)) {
      const expected = "at least 16 printable ASCII characters without spaces";
      throw new OptionError(`Expected each \`token\` to be ${expected}. Is the variable set?`);
    }
    if (role !== "admin" && role !== "reader") refuseKind("role", '"admin" or "reader"', role);
    return { token, role };
  });
  if (new Set(tokens.map(({ token }) => token)).size < tokens.length) {
    throw new OptionError("Expected each token once: one token has one role.");
  }
  return checked;
}

function isObject<Value>(value: Value): value is Value & object {
  return typeof value === "object" && value !== null;
}

function checkAttempts(attempts: Attempts): Attempts {
  const names = ["waitMs", "begin", "succeeded"] as const;
  const isWhole = isObject(attempts) && names.every((name) => typeof attempts[name] === "function");
  return isWhole ? attempts : refuseKind("attempts", "what `limitAttempts` returns", attempts);
}

function checkOnError(onError: (error: unknown) => unknown): (error: unknown) => unknown {
  return typeof onError === "function" ? onError : refuseKind("onError", "a function", onError);
}

function checkPath(path: string): string {
  if (path === "/" || path === "") return "";
  const isPath = typeof path === "string" && /^(\/[A-Za-z0-9._~-]+)+$/.test(path);
  return isPath ? path : refuse("basePath", 'a path such as "/dashboard"', path);
}

function checkOrigin(origin: string | undefined): string | undefined {
  if (origin === undefined) return undefined;
  const isOrigin = URL.canParse(origin) && new URL(origin).origin === origin;
  return isOrigin ? origin : refuse("origin", 'an origin such as "https://example.com"', origin);
}
