import type { Service } from "./service.ts";

/** The REST API in front of the Redis of `dev`. */
export async function startGateway(options: {
  readonly redis: string;
  readonly token: string;
  readonly port: number;
}): Promise<Service> {
  const { serveGateway } = await import("../../gateway/serve.ts");
  const server = await serveGateway({ ...options, stopTimeoutMs: 1_000 });
  return {
    name: "gateway",
    url: server.url,
    note: "Upstash's REST protocol",
    close: () => server.close(),
  };
}
