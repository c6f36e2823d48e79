import { codeOfStatus, type KickError, type KickErrorCode, kickError } from "../errors.ts";

/** Where the status says something else, or where there is none. */
const CODES: Readonly<Record<string, KickErrorCode>> = {
  ThrottlingException: "throttled",
  EC2ThrottledException: "throttled",
  CredentialsProviderError: "denied",
};

/**
 * What an error of the SDK means. The service's message stays in the `cause`: it names accounts and
 * roles.
 */
export function invokeError(queue: string, cause: unknown): KickError {
  const { name, $metadata } = (cause ?? {}) as {
    readonly name?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number };
  };
  const what = typeof name === "string" && /^\w{1,80}$/.test(name) ? name : typeof cause;
  const status = $metadata?.httpStatusCode;
  const code = CODES[what] ?? (status === undefined ? "unavailable" : codeOfStatus(status));
  return kickError(queue, code, `Invoke ended with ${what}`, cause);
}
