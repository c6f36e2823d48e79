import { parseArgs } from "node:util";

export interface ChaosOptions {
  readonly messages: number;
  readonly seconds: number;
  readonly seed: number;
  readonly failover: boolean;
  /** The folder of another build, which takes turns with this one. */
  readonly beside: string | undefined;
}

/** What the command line asks for: a run, the help, or something it does not know. */
export type Asked =
  | { readonly run: ChaosOptions }
  | { readonly help: true }
  | { readonly mistake: string };

export const HELP = `Chaos on the real thing: a redis-server of its own, the gateway, functions as
processes and in workerd, all of them killed at random, and proxies in between
that delay, cut, halve and duplicate. It ends in one line of JSON; the exit code
is 0 when every promise was kept, 1 when one was broken, 2 when it could not run.

  npm run chaos -- --messages 20000   how many messages are sent (20000)
  npm run chaos -- --seconds 75       for how long (by the number of messages)
  npm run chaos -- --seed 1           what is struck, as far as timing lets it
                                      repeat (drawn, and printed)
  npm run chaos -- --failover         a primary and a replica under Sentinel; the
                                      primary is killed
  npm run chaos -- --beside <folder>  as in a rolling deployment: another build of
                                      the library (its dist) takes part as well;
                                      functions and producers that are killed
                                      come back with the other one of both
`;

const LEAST_SECONDS = 70;
const MOST_A_SECOND = 1_200;

/** Reads the command line. */
export function readOptions(args: readonly string[], drawSeed: () => number): Asked {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean", short: "h" },
        messages: { type: "string" },
        seconds: { type: "string" },
        seed: { type: "string" },
        failover: { type: "boolean" },
        beside: { type: "string" },
      },
    });
    if (values.help === true) return { help: true };
    const messages = whole("--messages", values.messages, 100, 20_000);
    const seconds = Math.max(LEAST_SECONDS, Math.ceil(messages / MOST_A_SECOND));
    return {
      run: {
        messages,
        seconds: whole("--seconds", values.seconds, 1, seconds),
        seed: whole("--seed", values.seed, 0, drawSeed()),
        failover: values.failover === true,
        beside: values.beside,
      },
    };
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
}

function whole(name: string, text: string | undefined, least: number, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= least) return value;
  throw new Error(`Expected ${name} to be a whole number from ${least} on, got "${text}".`);
}
