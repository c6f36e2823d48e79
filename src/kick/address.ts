import { OptionError } from "../errors.ts";

/** Where an app is, without a slash at its end. @throws OptionError that never repeats the address. */
export function baseOf(option: string, given: string | URL): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isHttp = url?.protocol === "https:" || url?.protocol === "http:";
  const isBare = url?.username === "" && url.password === "" && !/[?#]/.test(url.href);
  if (url && isHttp && isBare) return url.href.replace(/\/+$/, "");
  throw new OptionError(
    `Expected \`${option}\` to be the http or https address of an app, without a query or credentials.`,
  );
}

/** The route of a queue's passes. @throws OptionError for a name that no address can hold. */
export function drainUrl(base: string, queue: string): string {
  if (queue === "." || queue === "..") {
    throw new OptionError(
      `Expected \`queue\` to be a name that an address can hold, got "${queue}".`,
    );
  }
  return `${base}/queues/${encodeURIComponent(queue)}/drain`;
}
