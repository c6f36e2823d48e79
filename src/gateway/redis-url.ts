import { GatewayError } from "./errors.ts";

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** Where a Redis is and how to log in; what a Redis URL says. */
export interface RedisTarget {
  readonly kind: "standalone" | "sentinel" | "cluster";
  /** The server; the sentinels; some nodes of the cluster. Never empty. */
  readonly addresses: readonly RedisAddress[];
  readonly tls: boolean;
  /** The database number; 0 for a cluster, which has no other. */
  readonly database: number;
  readonly username?: string;
  readonly password?: string;
  /** The name the sentinels know the primary by. */
  readonly primary?: string;
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
}

const SHAPE =
  /^redis(?<tls>s?)(?:\+(?<kind>sentinel|cluster))?:\/\/(?:(?<login>.*)@)?(?<hosts>[^/?#@]+)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?$/;
const DEFAULT_PORT = { standalone: 6379, sentinel: 26379, cluster: 6379 } as const;
const QUERY = new Set(["sentinelUsername", "sentinelPassword"]);

/**
 * Reads `redis://user:password@host:port/3`, `redis+sentinel://h1:p1,h2:p2/primary/0` and
 * `redis+cluster://h1:p1,h2:p2`; `rediss` in place of `redis` means TLS. Sentinels that ask for a
 * login of their own take it from `?sentinelUsername=…&sentinelPassword=…`.
 *
 * @throws GatewayError `bad_redis_url`; its message never repeats the URL.
 */
export function parseRedisUrl(url: string): RedisTarget {
  const parts = SHAPE.exec(url)?.groups;
  if (parts === undefined) {
    throw wrong(
      "a URL such as redis://host:6379/0, redis+sentinel://host:26379/primary or redis+cluster://host:6379",
      "something else",
    );
  }
  const kind = parts.kind === "sentinel" || parts.kind === "cluster" ? parts.kind : "standalone";
  const addresses = parts.hosts!.split(",").map((host) => parseAddress(host, DEFAULT_PORT[kind]));
  if (kind === "standalone" && addresses.length > 1) {
    throw wrong(
      "one host after redis://",
      `${addresses.length}; redis+sentinel:// and redis+cluster:// take several`,
    );
  }
  return {
    kind,
    addresses,
    tls: parts.tls === "s",
    ...parsePath(kind, parts.path ?? ""),
    ...parseLogin(parts.login),
    ...parseQuery(kind, parts.query ?? ""),
  };
}

function parseAddress(text: string, defaultPort: number): RedisAddress {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d+))?$/.exec(text);
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (match === null || port < 1 || port > 65535)
    throw wrong("hosts as name, name:port or [::1]:port", "another form");
  return { host: match[1]!.replace(/^\[|\]$/g, ""), port };
}

function parsePath(
  kind: RedisTarget["kind"],
  path: string,
): Pick<RedisTarget, "database" | "primary"> {
  const segments = path
    .split("/")
    .slice(1)
    .filter((segment) => segment !== "")
    .map(decode);
  const primary = kind === "sentinel" ? segments.shift() : undefined;
  if (kind === "sentinel" && primary === undefined) {
    throw wrong(
      "the primary's name after the sentinels, as in redis+sentinel://host:26379/primary",
      "none",
    );
  }
  const [database = "0", ...more] = segments;
  if (!/^\d{1,9}$/.test(database) || more.length > 0)
    throw wrong("a database number at the end of the path", "another path");
  if (kind === "cluster" && database !== "0")
    throw wrong("no database number: a cluster has only number 0", database);
  return { database: Number(database), ...(primary === undefined ? {} : { primary }) };
}

function parseLogin(login: string | undefined): Pick<RedisTarget, "username" | "password"> {
  if (login === undefined || login === "") return {};
  const colon = login.indexOf(":");
  const username = decode(colon === -1 ? login : login.slice(0, colon));
  const password = colon === -1 ? "" : decode(login.slice(colon + 1));
  return {
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
  };
}

function parseQuery(
  kind: RedisTarget["kind"],
  query: string,
): Pick<RedisTarget, "sentinelUsername" | "sentinelPassword"> {
  const found: Record<string, string> = {};
  for (const [name, value] of new URLSearchParams(query)) {
    if (kind !== "sentinel" || !QUERY.has(name)) {
      throw wrong(
        "no query but sentinelUsername and sentinelPassword with redis+sentinel://",
        "another query",
      );
    }
    found[name] = value;
  }
  return found;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong("percent-encoded UTF-8 in the URL", "something else");
  }
}

function wrong(expected: string, got: string): GatewayError {
  return new GatewayError(
    "bad_redis_url",
    `Expected the Redis URL to have ${expected}, got ${got}.`,
  );
}
