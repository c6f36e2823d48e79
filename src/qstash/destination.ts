import { OptionError } from "../errors.ts";
import { pathOf } from "../signing/caller.ts";

/** The base without a slash at its end. @throws OptionError for no http or https address. */
export function checkBaseUrl(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given === "string" && URL.canParse(given)) {
    const { protocol, username, password, search, hash, href } = new URL(given);
    const plain = username === "" && password === "" && search === "" && hash === "";
    if (plain && (protocol === "https:" || protocol === "http:")) return href.replace(/\/+$/, "");
  }
  throw new OptionError(
    "Expected `baseUrl` to be an http or https address without credentials, query and fragment.",
  );
}

/**
 * Whether what QStash was told to call is what was called. One account signs for all its endpoints
 * with the same keys: without this a request to one of them would be good for every other.
 */
export function isFor(sub: string, url: string, baseUrl: string | undefined): boolean {
  if (!URL.canParse(sub)) return false;
  const { origin, pathname, search } = new URL(sub);
  const path = pathOf(url);
  if (baseUrl === undefined) return pathname + search === path;
  return origin + pathname + search === baseUrl + path;
}
