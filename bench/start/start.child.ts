// Imports one bundle in a fresh process, then lets it work; tells its parent the time and the heap.

import { createRequire } from "node:module";

type Invoke = (event: unknown, context: { getRemainingTimeInMillis(): number }) => Promise<unknown>;

export interface StartFigures {
  readonly importMs: number;
  /** Bytes above those of an empty process. */
  readonly idleHeap: number;
  readonly busyHeap: number;
}

const [bundle = "", event = "{}"] = process.argv.slice(2);
const collect = globalThis.gc as () => void;

function liveHeap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

const empty = liveHeap();
const startedAt = performance.now();
const { handler } = createRequire(import.meta.url)(bundle) as { handler: Invoke };
const importMs = performance.now() - startedAt;
const idleHeap = liveHeap() - empty;

let busyHeap = 0;
const sampling = setInterval(() => {
  busyHeap = Math.max(busyHeap, liveHeap() - empty);
}, 10);
// What the function logs is no figure.
console.log = () => {};
await handler(JSON.parse(event), { getRemainingTimeInMillis: () => 60_000 });
clearInterval(sampling);
process.send?.({ importMs, idleHeap, busyHeap } satisfies StartFigures, () => process.exit(0));
