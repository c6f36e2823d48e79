import { signRequest } from "../../src/signing/index.ts";

// A Worker that asks another for a pass, over a service binding. `?key=` is what it signs with.

interface Env {
  readonly APP: { fetch(url: string, init: RequestInit): Promise<Response> };
}

export default {
  async fetch(request: Request, { APP }: Env): Promise<Response> {
    const url = "https://app/queues/orders/drain?from=kick";
    const body = '{"maxMessages":1}';
    const key = new URL(request.url).searchParams.get("key") ?? "";
    const headers = {
      ...(await signRequest(key, { url, body })),
      "content-type": "application/json",
    };
    const statuses: number[] = [];
    for (const sent of [body, body, "{}"]) {
      const response = await APP.fetch(url, { method: "POST", headers, body: sent });
      await response.text();
      statuses.push(response.status);
    }
    return Response.json(statuses);
  },
};
