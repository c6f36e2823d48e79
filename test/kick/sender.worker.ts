import { bindingKick, httpKick, KickError } from "../../src/kick/index.ts";

// A Worker that kicks another over a service binding, or anybody over HTTP.

interface Env {
  readonly APP: { fetch(url: string, init?: RequestInit): Promise<Response> };
}

export default {
  async fetch(request: Request, { APP }: Env): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const {
      url,
      origin,
      queue = "orders",
      depth = 0,
      ...proof
    } = JSON.parse(searchParams.get("kick") ?? "{}");
    const timeout = "10 s";
    const kick = url
      ? httpKick({ url, timeout, ...proof })
      : bindingKick(APP, { timeout, ...(origin ? { origin } : {}), ...proof });
    const outcome = await kick({ queue, depth }).then(
      () => "taken",
      (error: unknown) => (error instanceof KickError ? error.code : String(error)),
    );
    const state = await (await APP.fetch("https://app/state")).json();
    return Response.json({ outcome, state });
  },
};
