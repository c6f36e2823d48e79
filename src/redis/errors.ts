import { StoreError, type StoreErrorCode } from "../errors.ts";

interface ErrorClass {
  readonly code: StoreErrorCode;
  readonly words: RegExp;
  readonly advice: string;
}

// Servers and gateways wrap script errors in texts of their own, so the code word is looked for
// anywhere. Redis puts no payload into an error.
const CLASSES: readonly ErrorClass[] = [
  {
    code: "store_wrong_type",
    words: /\bWRONGTYPE\b/,
    advice: "A key of the queue holds another type; name another queue or stream.",
  },
  {
    code: "store_full",
    words: /\bOOM\b|capacity quota exceeded|max(imum)?( single)? (request|record|database) size/i,
    advice: "Redis is full, and stored nothing. Drain, raise its memory, or send less.",
  },
  {
    code: "store_exhausted",
    words: /exhausted the last possible ID/i,
    advice: "An entry with the last possible id was added; `xdrain doctor` says what to do.",
  },
  {
    code: "store_read_only",
    words: /\bREADONLY\b|\bNOREPLICAS\b/,
    advice: "This is a replica, or a primary without its replicas; connect to the primary.",
  },
  {
    code: "store_unauthorized",
    words:
      /\bNOAUTH\b|\bWRONGPASS\b|\bNOPERM\b|unauthorized|unauthenticated|can't run this command/i,
    advice: "Check the credentials: to send and to drain they need read and write.",
  },
  {
    code: "store_cross_slot",
    words: /\bCROSSSLOT\b/,
    advice:
      "On a Cluster all keys of a queue share a hash tag; name the dead-letter stream with it.",
  },
  {
    code: "store_unavailable",
    words:
      /\b(LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|BUSY)\b|max number of clients|max concurrent connections/,
    advice: "Redis is not ready; try again later.",
  },
];

/** Whether the server said that it is not ready, so that the same call may work in a moment. */
export function isPassing(message: string): boolean {
  return classify(message)?.code === "store_unavailable";
}

/**
 * An error that the server answered, as one of ours; `uncertain` where an earlier request of the same
 * call got no answer.
 */
export function serverError(message: string, requests: number, uncertain = false): StoreError {
  const found = classify(message);
  const text = message.split(", command was:")[0]?.slice(0, 200).replace(/\.$/, "") ?? "";
  const before = uncertain
    ? "An earlier request got no answer, and may have been carried out."
    : "";
  return new StoreError(
    found?.code ?? "store_refused",
    `Redis answered: ${text}. ${found?.advice ?? ""} ${before}`.trim(),
    { requests, uncertain },
  );
}

/** No answer came in all attempts. */
export function noAnswer(cause: unknown, requests: number, timedOut: boolean): StoreError {
  const code = timedOut ? "store_timeout" : "store_unavailable";
  const what = timedOut ? "Redis did not answer in time" : "Redis could not be reached";
  const text = `${what} (${requests} requests); what was asked may have been done all the same.`;
  return new StoreError(code, text, { cause, requests, uncertain: true });
}

function classify(message: string): ErrorClass | undefined {
  return CLASSES.find(({ words }) => words.test(message));
}
