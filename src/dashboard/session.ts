// Who is signed in is told by a cookie that only we can make: nothing is stored. Its signature is made
// with a key that is derived from the token, so that taking a token away ends its sessions.

import { sameBytes } from "../runtimes/http/tokens.ts";
import type { KnownToken, Role } from "./options.ts";

export interface Session {
  readonly role: Role;
  /** What every change has to bring along: another site cannot know it. */
  readonly proof: string;
}

export interface Sessions {
  /** A cookie's value for whoever has this token; undefined where nobody has. */
  open(token: string, expiresAt: number): Promise<string | undefined>;
  /** Whose cookie it is; undefined where it is not ours, or has expired. */
  read(cookie: string, now: number): Promise<Session | undefined>;
}

interface Known {
  readonly role: Role;
  readonly digest: Uint8Array;
  readonly key: CryptoKey;
}

const encoder = new TextEncoder();

export function createSessions(tokens: readonly KnownToken[]): Sessions {
  // Derived at the first request: a runtime may allow no cryptography before it.
  let deriving: Promise<readonly Known[]> | undefined;
  const known = () => {
    deriving ??= Promise.all(tokens.map(derive));
    return deriving;
  };

  return {
    async open(token, expiresAt) {
      const presented = await digest(token);
      let owner: Known | undefined;
      // All are compared, in the same time wherever they differ.
      for (const one of await known()) if (sameBytes(one.digest, presented)) owner = one;
      if (owner === undefined) return undefined;
      const id = encode(crypto.getRandomValues(new Uint8Array(16)));
      const content = `${expiresAt.toString(36)}.${id}`;
      return `${content}.${await sign(owner.key, "session", content)}`;
    },

    async read(cookie, now) {
      const [, content, expiry, signature] =
        /^(([0-9a-z]{1,12})\.[\w-]{22})\.([\w-]{43})$/.exec(cookie) ?? [];
      if (content === undefined || expiry === undefined || signature === undefined)
        return undefined;
      if (Number.parseInt(expiry, 36) <= now) return undefined;
      for (const { key, role } of await known()) {
        if (!(await isSignedBy(key, content, signature))) continue;
        return { role, proof: await sign(key, "change", content) };
      }
      return undefined;
    },
  };
}

/** Whether a change brought the proof of its session; both are digested, so that their lengths do not tell. */
export async function isProof(given: string, { proof }: Session): Promise<boolean> {
  return sameBytes(await digest(given), await digest(proof));
}

async function derive({ token, role }: KnownToken): Promise<Known> {
  const secret = await digest(`xdrain dashboard\n${role}\n${token}`);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign", "verify"]);
  return { role, key, digest: await digest(token) };
}

async function sign(key: CryptoKey, purpose: string, content: string): Promise<string> {
  const text = encoder.encode(`${purpose}\n${content}`);
  return encode(new Uint8Array(await crypto.subtle.sign("HMAC", key, text)));
}

function isSignedBy(key: CryptoKey, content: string, signature: string): Promise<boolean> {
  const text = encoder.encode(`session\n${content}`);
  return crypto.subtle.verify("HMAC", key, decode(signature), text);
}

async function digest(text: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

function encode(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  const bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(bytes, (char) => char.charCodeAt(0));
}
