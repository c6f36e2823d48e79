import type { Caller, Proof, Scope } from "../../signing/caller.ts";
import { HttpError } from "./errors.ts";

/** Lets a request pass whose caller has this scope. @throws HttpError 401, 403, or 413 for its body */
export type Authorize = (request: Request, body: Proof["body"], scope: Scope) => Promise<void>;

/**
 * Every proof in a request has to be good: a valid one beside one that is not makes up for nothing,
 * and a header that no caller knows is no proof. Of callers with the same header, one has to know it.
 * All refusals read alike, so that nobody learns by trying what was wrong.
 */
export function createAuthorize(callers: readonly Caller[]): Authorize {
  const byHeader = new Map<string, Caller[]>();
  for (const caller of callers) {
    byHeader.set(caller.header, [...(byHeader.get(caller.header) ?? []), caller]);
  }

  return async (request, body, scope) => {
    const { method, url, headers } = request;
    const granted: Scope[] = [];
    let proven = false;
    for (const [header, candidates] of byHeader) {
      const value = headers.get(header);
      if (value === null) continue;
      const scopes = await verdictOf(candidates, { value, method, url, body });
      if (scopes === undefined) throw unauthorized();
      granted.push(...scopes);
      proven = true;
    }
    if (!proven) throw unauthorized();
    if (!granted.includes(scope)) {
      throw new HttpError(403, "forbidden", `Expected a caller with the scope "${scope}".`);
    }
  };
}

/** The scopes of those who recognise the proof; undefined where none does. */
async function verdictOf(
  callers: readonly Caller[],
  proof: Proof,
): Promise<readonly Scope[] | undefined> {
  const verdicts: (readonly Scope[] | undefined)[] = [];
  for (const caller of callers) verdicts.push(await caller.verify(proof));
  const good = verdicts.filter((scopes) => scopes !== undefined);
  return good.length === 0 ? undefined : good.flat();
}

/** How a client may prove itself, for the header of a 401: the same whatever was wrong. */
export function challengeOf(callers: readonly Caller[]): string {
  return [...new Set(callers.map(({ scheme }) => scheme))].join(", ");
}

function unauthorized(): HttpError {
  return new HttpError(401, "unauthorized", "Expected a valid token or signature.");
}
