/** One measured side at one latency. */
export interface Row {
  readonly latencyMs: number;
  readonly name: string;
  /** Messages per second, the median. */
  readonly rate: number;
  /** Per message. */
  readonly requests: number;
  readonly commands: number;
}

const XDRAIN = "xdrain";

/** Prints the sides, each beside xdrain in the same run. */
export function printTable(rows: readonly Row[]): void {
  console.log("added    side                               msg/s  xdrain is  requests  commands");
  console.log("latency                                                          per message");
  for (const row of rows) {
    const own = rows.find((other) => other.name === XDRAIN && other.latencyMs === row.latencyMs);
    const ratio = row.name === XDRAIN ? "" : `${((own?.rate ?? 0) / row.rate).toFixed(2)} x`;
    const cells = [
      `${row.latencyMs} ms`.padEnd(9),
      row.name.padEnd(32),
      Math.round(row.rate).toLocaleString("en").padStart(8),
      ratio.padStart(11),
      row.requests.toFixed(3).padStart(10),
      row.commands.toFixed(2).padStart(10),
    ];
    console.log(cells.join(""));
  }
}
