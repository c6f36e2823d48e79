/** Turns that a pass over the workload takes, and handlers that it runs. */
const TURNS = 5;
const RUNS = 13;

function around(what: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => [
    `before ${what} ${i + 1}`,
    `after ${what} ${i + 1}`,
  ]).flat();
}

/** Every place where a pass over the workload is killed: around each store call and each handler. */
export const KILL_POINTS: readonly string[] = [
  ...around("turn", TURNS),
  ...around("handler", RUNS),
];
