import { request } from "node:http";
import { type HttpOptions, httpApp, type Work } from "../../src/runtimes/http/index.ts";
import {
  memoryNonces,
  type RequestToSign,
  type SignedOptions,
  type SigningKey,
  signed,
  signRequest,
} from "../../src/signing/index.ts";
import { type Ask, type Reply, serving } from "../runtimes/support.ts";
import { KEYS } from "./keys.ts";

export { KEYS };

/** When the tests take place, in milliseconds. */
export const NOW = 1_800_000_000_000;

/** A clock that a test moves. */
export class TestClock {
  time = NOW;

  now(): number {
    return this.time;
  }

  pass(ms: number): void {
    this.time += ms;
  }
}

/** A caller who may drain and look, at the time of the tests. */
export function drainer(options: Partial<SignedOptions> = {}) {
  const clock = new TestClock();
  return signed({ keys: [KEYS.current], scopes: ["drain", "health"], clock, ...options });
}

/** A caller who may send, with nonces. */
export function sender(options: Partial<SignedOptions> = {}) {
  return drainer({
    scopes: ["send"],
    nonces: memoryNonces({ clock: new TestClock() }),
    ...options,
  });
}

/** Serves queues to callers, over real HTTP. */
export function servingTo<T>(
  callers: NonNullable<HttpOptions["callers"]>,
  queues: Work | readonly Work[],
  use: (ask: Ask, url: string) => Promise<T>,
  options: Partial<HttpOptions> = {},
): Promise<T> {
  return serving(httpApp({ queues, callers, ...options }).fetch, use);
}

export interface SignedAsk {
  readonly key?: SigningKey;
  readonly method?: string;
  readonly body?: string;
  readonly now?: number;
  readonly nonce?: string;
  /** Headers beside the signature, or instead of it. */
  readonly headers?: Record<string, string>;
  /** What is signed where it is not what is sent. */
  readonly signed?: Partial<RequestToSign>;
}

/** One signed request. */
export async function askSigned(url: string, path: string, ask: SignedAsk = {}): Promise<Reply> {
  const { key = KEYS.current, method = "POST", body, headers = {}, signed = {} } = ask;
  const signature = await signRequest(key, {
    url: url + path,
    method,
    now: ask.now ?? NOW,
    ...(body === undefined ? {} : { body }),
    ...(ask.nonce === undefined ? {} : { nonce: ask.nonce }),
    ...signed,
  });
  return send(url + path, method, { ...signature, ...headers }, body);
}

/** One request as it is given; a body is JSON. */
export async function send(
  url: string,
  method: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, text, json: JSON.parse(text), headers: response.headers };
}

/** One request without a body whose headers go out one by one, names and values alternating. */
export function sendRaw(url: string, method: string, headers: readonly string[]): Promise<number> {
  const { host } = new URL(url);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: ["host", host, ...headers] }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.once("error", reject);
    outgoing.end();
  });
}

/** A POST whose body comes when somebody reads it; `meanwhile` is what happens until it is there. */
export function slowRequest(
  url: string,
  headers: Record<string, string>,
  text: string,
  meanwhile: () => void,
): Request {
  const body = new ReadableStream(
    {
      pull(stream) {
        meanwhile();
        stream.enqueue(new TextEncoder().encode(text));
        stream.close();
      },
    },
    { highWaterMark: 0 },
  );
  return new Request(url, { method: "POST", headers, body, duplex: "half" } as object);
}
