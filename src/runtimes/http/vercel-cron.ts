import { onlyKnown } from "../../expect.ts";
import type { Caller } from "../../signing/caller.ts";
import { bearer } from "./tokens.ts";

export interface VercelCronOptions {
  /** The project's variable `CRON_SECRET`: at least 16 printable ASCII characters. Unset, it is refused. */
  readonly secret: string | undefined;
}

/**
 * The cron jobs of Vercel, which send `CRON_SECRET` as a bearer token. They may drain and nothing
 * else: the secret is the same in every request, whoever sees one can ask for a pass.
 *
 * @throws OptionError for a secret that anybody could guess.
 */
export function vercelCron(options: VercelCronOptions): Caller {
  onlyKnown("vercelCron", options, ["secret"]);
  return bearer([{ token: options.secret, scopes: ["drain"] }]);
}
