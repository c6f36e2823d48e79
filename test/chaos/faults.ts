import { between, type Random } from "./random.ts";

// What may happen to bytes on their way. An HTTP request has whole-request faults: it is known where
// it ends. On a connection that speaks Redis' own protocol chunks are cut, halved or held.

export type HttpFault =
  | "delay"
  | "cut before"
  | "halve request"
  | "lose answer"
  | "halve answer"
  | "duplicate"
  | "late original";

export type TcpFault = "delay" | "cut" | "halve";

/** How often each fault strikes, as a share of requests or chunks. */
export type Rates<Fault extends string> = Readonly<Record<Fault, number>>;

export const HTTP_RATES: Rates<HttpFault> = {
  delay: 0.02,
  "cut before": 0.01,
  "halve request": 0.01,
  "lose answer": 0.01,
  "halve answer": 0.01,
  duplicate: 0.02,
  "late original": 0.01,
};

export const TCP_RATES: Rates<TcpFault> = { delay: 0.01, cut: 0.002, halve: 0.002 };

export interface Faults<Fault extends string> {
  /** What strikes this time, if anything. */
  draw(): Fault | undefined;
  /** How long something is held up: mostly a moment, sometimes longer than a request may take. */
  drawDelayMs(): number;
  /** From now on nothing strikes any more. */
  calm(): void;
  readonly struck: Readonly<Record<Fault, number>>;
}

export function createFaults<Fault extends string>(
  rates: Rates<Fault>,
  random: Random,
): Faults<Fault> {
  const names = Object.keys(rates) as Fault[];
  const struck = Object.fromEntries(names.map((name) => [name, 0])) as Record<Fault, number>;
  let on = true;
  return {
    struck,
    draw() {
      let left = random();
      for (const name of names) {
        left -= rates[name];
        if (left >= 0) continue;
        if (!on) return undefined;
        struck[name] += 1;
        return name;
      }
      return undefined;
    },
    drawDelayMs: () => (random() < 0.1 ? between(random, 2_000, 3_000) : between(random, 5, 300)),
    calm: () => {
      on = false;
    },
  };
}
