import { flag } from "../../expect.ts";
import { debounceIn, depthIn } from "../../kick/request.ts";

/** What the body of a drain request asks for. */
export interface DrainBody {
  /** Whether the answer comes after the pass. */
  readonly wait: boolean;
  /** How many passes in a row have asked for the next one; undefined where nobody kicked. */
  readonly depth?: number | undefined;
  /** How long others rely on the kick, in milliseconds; undefined where it says none. */
  readonly debounce?: number | undefined;
  /** Limits, not yet checked; undefined where none were given. */
  readonly asked: unknown;
}

/** @throws OptionError for a `wait`, a `depth` or a `debounce` that is none. */
export function readDrainBody(body: unknown): DrainBody {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return { wait: true, asked: body };
  }
  const { wait, depth, debounce, ...asked } = body as Readonly<Record<string, unknown>>;
  return {
    wait: flag("wait", wait as boolean | undefined, true),
    depth: depthIn(depth),
    debounce: debounceIn(debounce),
    asked,
  };
}
