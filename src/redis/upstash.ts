import { Redis } from "@upstash/redis";
import { OptionError } from "../errors.ts";
import type { Store } from "../store.ts";
import { PLAIN_HEADERS, UPSTASH_HEADERS } from "./evaluate.ts";
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
  const headers = url.hostname.endsWith(".upstash.io") ? UPSTASH_HEADERS : PLAIN_HEADERS;
  return createRedisStore(restTransport(options.url, options.token), { headers, ...options });
}

function restUrl(given: unknown): URL {
  try {
    const url = new URL(String(given));
    if (url.protocol === "https:" || url.protocol === "http:") return url;
  } catch {
    // Said below, without the value: it may hold a password.
  }
  throw new OptionError(
    "Expected `url` to be the http or https address of a Redis REST API. Is the variable set?",
  );
}

/** One POST for each command: no pipelining by itself, no decoding, no resending, no telemetry. */
function restTransport(url: string, token: string): Transport {
  return {
    async command(args, signal) {
      // The client takes its signal when it is made; as a function, so that an abort rejects
      // (an AbortSignal itself makes the aborted command resolve with made-up data).
      const client = new Redis({
        url,
        token,
        signal: () => signal,
        automaticDeserialization: false,
        responseEncoding: false,
        enableAutoPipelining: false,
        enableTelemetry: false,
        retry: { retries: 0, backoff: () => 0 },
        readYourWrites: false,
      });
      try {
        const [name = "", ...rest] = args;
        return { ok: true, reply: await client.exec([name, ...rest]) };
      } catch (error) {
        return answered(error);
      }
    },
  };
}

/** Tells the server's own errors from those of the way to it, which are thrown again. */
function answered(error: unknown): Answer {
  if (error instanceof Error && error.name === "UpstashError") {
    return { ok: false, message: withoutRequest(error.message) };
  }
  throw error;
}

/** The client's error repeats the whole request, payloads included. */
function withoutRequest(message: string): string {
  const at = message.lastIndexOf(", command was:");
  return at === -1 ? message : message.slice(0, at);
}
