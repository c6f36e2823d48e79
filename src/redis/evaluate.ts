import type { Attempt } from "./resend.ts";
import type { ScriptCall } from "./script.ts";
import type { Answer, Transport } from "./transport.ts";

// How a script reaches the server: by its SHA-1, with its text where the server does not know it.
// Its first line may carry flags that some servers take and others refuse:
// - allow-key-locking: Upstash locks only the script's keys, not the whole database;
// - allow-oom: Redis runs it with its memory full, which a script that frees memory needs.

const KEY_LOCKING = "#!lua flags=allow-key-locking\n";
const WITH_FULL_MEMORY = "#!lua flags=allow-oom\n";

/** The first lines to try for a script, in order; the empty one works everywhere. */
function headersFor({ script }: ScriptCall, upstash: boolean): readonly string[] {
  const headers = script.freesMemory ? [WITH_FULL_MEMORY, ""] : [""];
  return upstash ? [KEY_LOCKING, ...headers] : headers;
}

/** Sends script calls, and remembers which first line the server takes. */
export interface Evaluator {
  evaluate(call: ScriptCall, attempt: Pick<Attempt, "signal" | "count">): Promise<Answer>;
}

export function createEvaluator(transport: Transport, upstash: boolean): Evaluator {
  const shas = new Map<string, Promise<string>>();
  const refused = new Set<string>();

  function shaOf({ script, text }: ScriptCall, header: string): Promise<string> {
    const name = header + script.name;
    const known = shas.get(name);
    if (known !== undefined) return known;
    const made = sha1(header + text());
    shas.set(name, made);
    return made;
  }

  async function evaluateWith(
    header: string,
    call: ScriptCall,
    { signal, count }: Pick<Attempt, "signal" | "count">,
  ): Promise<Answer> {
    const rest = [String(call.keys.length), ...call.keys, ...call.args];
    const sha = await shaOf(call, header);
    count();
    const answer = await transport.command(["EVALSHA", sha, ...rest], signal);
    if (answer.ok || !answer.message.trimStart().startsWith("NOSCRIPT")) return answer;
    count();
    return transport.command(["EVAL", header + call.text(), ...rest], signal);
  }

  return {
    async evaluate(call, attempt) {
      const headers = headersFor(call, upstash).filter((header) => !refused.has(header));
      for (const header of headers) {
        const answer = await evaluateWith(header, call, attempt);
        // Such a script did not compile, so it did nothing: the next header may go.
        if (answer.ok || header === "" || !refusesHeader(answer.message)) return answer;
        refused.add(header);
      }
      return { ok: false, message: "no first line is accepted" };
    },
  };
}

function refusesHeader(message: string): boolean {
  return /flag in script shebang|unexpected symbol near '#'|shebang/i.test(message);
}

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
