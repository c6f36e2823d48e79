import type { FetchApp } from "../../src/dashboard/index.ts";

export const ORIGIN = "http://localhost";
export const BASE = "/dashboard";

/** Somebody with a browser, as far as requests and cookies go. */
export interface Visitor {
  cookie: string;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(
    path: string,
    form: Record<string, string> | readonly (readonly [string, string])[],
    headers?: Record<string, string>,
  ): Promise<Response>;
  signIn(token: string): Promise<Response>;
  text(path: string): Promise<string>;
  /** The proof that forms of this session bring along. */
  proof(): Promise<string>;
}

export function visitor(app: FetchApp, origin = ORIGIN): Visitor {
  const self: Visitor = {
    cookie: "",

    get: async (path, headers = {}) =>
      await app.fetch(
        new Request(`${origin}${BASE}${path}`, { headers: { cookie: self.cookie, ...headers } }),
      ),

    async post(path, form, headers = {}) {
      const body = new URLSearchParams(form as Record<string, string>);
      const sent = { origin, cookie: self.cookie, ...headers };
      return await app.fetch(
        new Request(`${origin}${BASE}${path}`, { method: "POST", body, headers: sent }),
      );
    },

    async signIn(token) {
      const response = await self.post("/sign-in", { token, next: `${BASE}/` });
      const set = response.headers.get("set-cookie") ?? "";
      self.cookie = set.split(";")[0] ?? "";
      return response;
    },

    text: async (path) => (await self.get(path)).text(),

    async proof() {
      const page = await self.text("/");
      return /name="proof" value="([^"]+)"/.exec(page)?.[1] ?? "";
    },
  };
  return self;
}

/** A visitor who is signed in already. */
export async function signedIn(app: FetchApp, token: string): Promise<Visitor> {
  const somebody = visitor(app);
  await somebody.signIn(token);
  return somebody;
}
