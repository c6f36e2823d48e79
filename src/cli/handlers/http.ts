import type { Handler } from "../../message.ts";
import { Reject, Retry } from "../../signals.ts";
import { UsageError } from "../errors.ts";
import { aboutMessage } from "./about-message.ts";

/** The answer with which a target says that no other try will help. */
export const REJECTED = 422;

const LONGEST_PAUSE_S = 86_400;

export interface HttpTarget {
  readonly url: string;
  /** Each `name: value`. */
  readonly headers: readonly string[];
  readonly bearer: string | undefined;
}

/**
 * Posts each payload as JSON. An answer of 2xx is done, 422 a dead letter, any other a failure, which
 * is tried again when its Retry-After says. Redirections are not followed.
 * @throws UsageError for a target that cannot be used.
 */
export function httpHandler(target: HttpTarget): Handler<unknown> {
  const url = checkedUrl(target.url);
  const fixed = headersOf(target);
  return async (message, context) => {
    const headers = new Headers(fixed);
    headers.set("content-type", "application/json");
    for (const [name, value] of Object.entries(aboutMessage(message, context))) {
      headers.set(headerName(name), encodeURI(value));
    }
    const response = await fetch(url, {
      method: "POST",
      body: JSON.stringify(message.payload),
      headers,
      redirect: "manual",
      signal: context.signal,
    });
    await response.body?.cancel();
    if (response.ok) return;
    const text = `The target answered with status ${response.status}.`;
    if (response.status === REJECTED) throw new Reject(text);
    const pause = pauseOf(response);
    throw pause === undefined ? new Error(text) : new Retry(pause, text);
  };
}

function headerName(name: string): string {
  if (name === "traceparent") return name;
  if (name === "idempotency_key") return "idempotency-key";
  return `xdrain-${name.replaceAll("_", "-")}`;
}

function checkedUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isPlain = url !== undefined && url.username === "" && url.password === "";
  if (isPlain && (url.protocol === "http:" || url.protocol === "https:")) return url.href;
  throw new UsageError("Expected --http to be an http or https address without a login in it.");
}

function headersOf({ headers, bearer }: HttpTarget): Headers {
  const made = new Headers(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` });
  for (const header of headers) {
    const [, name = "", value = ""] = /^([^:]+): *(.*)$/.exec(header) ?? [];
    try {
      made.set(name, value);
    } catch {
      throw new UsageError("Expected --header as 'name: value'.");
    }
  }
  return made;
}

/** In milliseconds, where the target says when to come again. */
function pauseOf(response: Response): number | undefined {
  const text = response.headers.get("retry-after") ?? "";
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1_000;
  if (Number.isNaN(seconds)) return undefined;
  return Math.min(Math.max(0, seconds), LONGEST_PAUSE_S) * 1_000;
}
