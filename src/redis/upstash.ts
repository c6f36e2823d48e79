import type { Redis } from "@upstash/redis";
import { OptionError } from "../errors.ts";
import { checkPackage, needed, UPSTASH } from "../needed.ts";
import type { Store } from "../store.ts";
import { createRedisStore, type RedisStoreOptions } from "./store.ts";
import type { Answer, Transport } from "./transport.ts";

export interface UpstashOptions extends RedisStoreOptions {
  /** Where the REST API is, as in `https://example.upstash.io`. An unset variable is refused. */
  readonly url: string | undefined;
  /** A token that may read and write. An unset variable is refused. */
  readonly token: string | undefined;
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
  const { token } = options;
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) {
    throw new OptionError(
      "Expected `token` to be the REST token: printable ASCII without spaces. Is the variable set?",
    );
  }
  const atUpstash = url.hostname.endsWith(".upstash.io");
  return createRedisStore(restTransport(String(options.url), token), {
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

/** Loaded by the first call: importing it takes longer than all the rest of a cold start. */
async function openClient(url: string, token: string): Promise<Redis> {
  const client = await needed("xdrain/upstash", UPSTASH, async () => {
    const { Redis } = await import("@upstash/redis");
    return new Redis({
      url,
      token,
      automaticDeserialization: false,
      responseEncoding: false,
      enableAutoPipelining: false,
      enableTelemetry: false,
      retry: { retries: 0, backoff: () => 0 },
      readYourWrites: false,
    });
  });
  checkPackage("xdrain/upstash", UPSTASH, typeof client.exec === "function");
  return client;
}

/**
 * One POST for each command: no pipelining by itself, no decoding, no resending, no telemetry. The
 * request is made here, because the client's own does not tell an answer of Redis from a proxy's.
 */
function restTransport(url: string, token: string): Transport {
  // A replica that a read meets waits until it has what this token stands for: our own writes.
  const server: Server = { url, token, syncToken: "" };
  return {
    async command(args, signal) {
      const client = await openClient(url, token);
      let refusal: string | undefined;
      client.use(async (request) => {
        const answer = readAnswer(await post(server, "", request.body, signal));
        if (!answer.ok) refusal = answer.message;
        return { result: answer.ok ? (answer.reply as never) : (null as never) };
      });
      const [name = "", ...rest] = args;
      const reply: unknown = await client.exec([name, ...rest]);
      return refusal === undefined ? { ok: true, reply } : { ok: false, message: refusal };
    },
    async pipeline(commands, signal) {
      await openClient(url, token); // without its package the store does nothing, not even this
      return readAnswers(await post(server, "/pipeline", commands, signal), commands.length);
    },
  };
}

interface Server {
  readonly url: string;
  readonly token: string;
  /** What the server said it was at, when it answered last. */
  syncToken: string;
}

/** What came back; an error of the whole request has the status of one. */
interface Received {
  readonly status: number;
  readonly body: unknown;
}

/** Resolves with what Redis answered; rejects where nobody can say whether it got the request. */
async function post(
  server: Server,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<Received> {
  const address = new URL(server.url);
  address.pathname = address.pathname.replace(/\/$/, "") + path;
  const response = await fetch(path === "" ? server.url : address, {
    method: "POST",
    headers: {
      authorization: `Bearer ${server.token}`,
      "content-type": "application/json",
      ...(server.syncToken === "" ? {} : { "upstash-sync-token": server.syncToken }),
    },
    body: JSON.stringify(body),
    signal,
  });
  server.syncToken = response.headers.get("upstash-sync-token") ?? server.syncToken;
  const text = await response.text();
  if (response.status >= 500 || response.status === 429) {
    throw new Error(`The REST API answered with status ${response.status}.`);
  }
  return { status: response.status, body: parse(text) };
}

function readAnswer({ status, body }: Received): Answer {
  const answer = answerIn(body);
  return answer?.ok === false ? answer : (refusalBy(status) ?? answer ?? noResult());
}

/** The answer of each command; a refusal of the whole request is that of each. */
function readAnswers({ status, body }: Received, count: number): readonly Answer[] {
  if (Array.isArray(body)) return body.map((item) => answerIn(item) ?? noResult());
  const answer = answerIn(body);
  const refusal = answer?.ok === false ? answer : refusalBy(status);
  return new Array<Answer>(count).fill(refusal ?? noResult());
}

function answerIn(item: unknown): Answer | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  if ("error" in item && typeof item.error === "string") return { ok: false, message: item.error };
  return "result" in item ? { ok: true, reply: item.result } : undefined;
}

function refusalBy(status: number): Answer | undefined {
  return status < 200 || status > 299 ? { ok: false, message: `HTTP status ${status}` } : undefined;
}

function noResult(): never {
  throw new Error("The REST API answered something else than a result. Is the url right?");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
