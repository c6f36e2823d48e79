import { flag } from "../../expect.ts";
import { depthIn } from "../../kick/request.ts";

/** What the body of a drain request asks for. */
export interface DrainBody {
  /** Whether the answer comes after the pass. */
  readonly wait: boolean;
  /** How many passes in a row have asked for the next one; undefined where nobody kicked. */
  readonly depth: number | undefined;
  /** Limits, not yet checked; undefined where none were given. */
  readonly asked: unknown;
}

/** @throws OptionError for a `wait` or a `depth` that is none. */
export function readDrainBody(body: unknown): DrainBody {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return { wait: true, depth: undefined, asked: body };
  }
  const { wait, depth, ...asked } = body as { readonly wait?: unknown; readonly depth?: unknown };
  return { wait: flag("wait", wait as boolean | undefined, true), depth: depthIn(depth), asked };
}
