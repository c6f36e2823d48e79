import { inboxApp } from "./app.ts";
import { storeFrom } from "./store.ts";

/** For every platform that takes a `fetch`, such as Vercel, Deno Deploy and Bun. */
export default {
  fetch: (request: Request) => inboxApp(process.env, storeFrom(process.env)).fetch(request),
};
