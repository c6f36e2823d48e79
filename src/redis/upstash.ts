import { OptionError } from "../errors.ts";
import type { Store } from "../store.ts";
import { createRedisStore, type RedisStoreOptions } from "./store.ts";
import type { Answer, Transport } from "./transport.ts";

export interface UpstashOptions extends RedisStoreOptions {
  /** Where the REST API is, as in `https://example.upstash.io`. */
  readonly url: string;
  /** A token that may read and write. */
  readonly token: string;
}

/**
 * The store over a Redis that speaks Upstash's REST protocol: Upstash itself, or any Redis behind
 * `xdrain/gateway`. It makes a client of its own, since the defaults of `@upstash/redis` change
 * payloads that look like JSON and send writes again after a lost response.
 *
 * @example
 * const store = upstash({ url: env.UPSTASH_REDIS_REST_URL, token: env.UPSTASH_REDIS_REST_TOKEN });
 * @throws OptionError when url or token cannot be used; nothing is sent before the first call.
 */
export function upstash(options: UpstashOptions): Store {
  const url = restUrl(options.url);
  if (typeof options.token !== "string" || !/^[\x21-\x7e]+$/.test(options.token)) {
    throw new OptionError(
      "Expected `token` to be the REST token: printable ASCII without spaces. Is the variable set?",
    );
  }
  const atUpstash = url.hostname.endsWith(".upstash.io");
  return createRedisStore(restTransport(options.url, options.token), {
    ...options,
    upstash: atUpstash,
  });
}

function restUrl(given: unknown): URL {
  try {
    const url = new URL(String(given));
    const plain = url.username === "" && url.password === "";
    if (plain && (url.protocol === "https:" || url.protocol === "http:")) return url;
  } catch {
    // Said below, without the value: it may hold a password.
  }
  throw new OptionError(
    "Expected `url` to be the http or https address of a Redis REST API, without credentials: the token goes into `token`. Is the variable set?",
  );
}

/**
 * One POST for each command: no pipelining by itself, no decoding, no resending, no telemetry. The
 * request is made here, because the client's own does not tell an answer of Redis from a proxy's.
 */
function restTransport(url: string, token: string): Transport {
  // A replica that a read meets waits until it has what this token stands for: our own writes.
  const sync: SyncToken = { last: "" };
  return {
    async command(args, signal) {
      // Loaded by the first call: importing it takes longer than all the rest of a cold start.
      const { Redis } = await import("@upstash/redis");
      const client = new Redis({
        url,
        token,
        automaticDeserialization: false,
        responseEncoding: false,
        enableAutoPipelining: false,
        enableTelemetry: false,
        retry: { retries: 0, backoff: () => 0 },
        readYourWrites: false,
      });
      let refusal: string | undefined;
      client.use(async (request) => {
        const answer = await post(url, token, request.body, signal, sync);
        if (!answer.ok) refusal = answer.message;
        return { result: answer.ok ? (answer.reply as never) : (null as never) };
      });
      const [name = "", ...rest] = args;
      const reply: unknown = await client.exec([name, ...rest]);
      return refusal === undefined ? { ok: true, reply } : { ok: false, message: refusal };
    },
  };
}

/** What the server said it was at, when it answered last. */
interface SyncToken {
  last: string;
}

/** Resolves with what Redis answered; rejects where nobody can say whether it got the command. */
async function post(
  url: string,
  token: string,
  body: unknown,
  signal: AbortSignal,
  sync: SyncToken,
): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      ...(sync.last === "" ? {} : { "upstash-sync-token": sync.last }),
    },
    body: JSON.stringify(body),
    signal,
  });
  sync.last = response.headers.get("upstash-sync-token") ?? sync.last;
  const text = await response.text();
  if (response.status >= 500 || response.status === 429) {
    throw new Error(`The REST API answered with status ${response.status}.`);
  }
  const answer = parse(text);
  if (typeof answer?.error === "string") return { ok: false, message: answer.error };
  if (!response.ok) return { ok: false, message: `HTTP status ${response.status}` };
  if (answer === undefined || !("result" in answer)) {
    throw new Error("The REST API answered something else than a result. Is the url right?");
  }
  return { ok: true, reply: answer.result };
}

function parse(text: string): { result?: unknown; error?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
