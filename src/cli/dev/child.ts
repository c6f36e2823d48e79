// A pass of `dev`, in a process of its own: `drain` over Redis's own port, which reports the files that
// it loads and, when asked to end, lets running handlers finish.

import { runHere } from "../here.ts";
import { createFinishing } from "./finishing.ts";
import { onImport, requiredFiles } from "./imports.ts";
import { stampOf } from "./stamp.ts";

/** What the process tells `dev`. */
export interface FromPass {
  readonly xdrain:
    | { readonly file: string; readonly stamp: string }
    /** Its handler is loaded. */
    | "loaded"
    /** How many messages it has worked off since it last said so. */
    | { readonly handled: number };
}

/** Shorter than what `dev` waits for before it kills. */
const FINISH_MS = 5_000;

const told = new Set<string>();

function tell(message: FromPass["xdrain"]): void {
  // The parent may have ended: then it does not matter.
  process.send?.({ xdrain: message }, undefined, undefined, () => {});
}

function tellFile(file: string): void {
  if (told.has(file)) return;
  told.add(file);
  tell({ file, stamp: stampOf(file) });
}

const finishing = createFinishing({
  forMs: FINISH_MS,
  onWait: (running) =>
    process.stderr.write(
      `${running} running: waiting up to ${FINISH_MS / 1_000} s before they are aborted\n`,
    ),
  onNothing: () => process.exit(0),
  onHandled: (count) => tell({ handled: count }),
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "disconnect"]) {
  process.on(signal, () => finishing.end());
}
onImport(tellFile);

await runHere({
  // Handlers may use the REST API; the pass itself needs no other package for it.
  env: {
    ...process.env,
    UPSTASH_REDIS_REST_URL: undefined,
    UPSTASH_REDIS_REST_TOKEN: undefined,
  },
  signal: finishing.signal,
  around(handler) {
    requiredFiles().forEach(tellFile);
    tell("loaded");
    return finishing.around(handler);
  },
});
