import { Queue } from "@upstash/queue";
import { Redis } from "@upstash/redis";
import { expect, inject, onTestFinished } from "vitest";
import { z } from "zod";
import { serveGateway } from "../../src/gateway/index.ts";
import { createQueue, drain } from "../../src/index.ts";
import { upstash } from "../../src/redis/upstash.ts";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { letTimePass } from "../support/time-travel.ts";

const TOKEN = "the-token-of-the-gateway";

/** As docs/moving-over.md has it. */
const order = z
  .object({ messageBody: z.string().transform((text) => JSON.parse(text) as { n: number }) })
  .transform(({ messageBody }) => messageBody);

serverTest(
  "what @upstash/queue has sent, and what its receivers never verified, is handled",
  async () => {
    const gateway = await serveGateway({ redis: inject("redisUrl"), token: TOKEN });
    const raw = connectRaw();
    onTestFinished(async () => {
      raw.disconnect();
      await gateway.close();
    });
    const name = uniqueName("orders");
    const theirs = new Queue({
      redis: new Redis({ url: gateway.url, token: TOKEN }) as never,
      queueName: name,
      concurrencyLimit: 5,
      autoVerify: false,
    });
    for (let n = 0; n < 6; n += 1) await theirs.sendMessage({ n });
    const done = await theirs.receiveMessage<{ n: number }>();
    expect(await theirs.verifyMessage(done?.streamId ?? "")).toBe("VERIFIED");
    const abandoned = await theirs.receiveMessage<{ n: number }>();
    expect([done?.body, abandoned?.body]).toEqual([{ n: 0 }, { n: 1 }]);

    const queue = createQueue({
      name,
      stream: `UpstashMQ:${name}`,
      group: "Messages",
      store: upstash({ url: gateway.url, token: TOKEN }),
      schema: order,
    });
    const seen: unknown[] = [];
    const now = await drain(queue, ({ payload, deliveries }) => seen.push([payload.n, deliveries]));
    expect(now).toMatchObject({ completed: 4, repaired: 0, dead: 0 });
    await letTimePass(raw, `UpstashMQ:${name}`, 60_001, "Messages");
    const later = await drain(queue, ({ payload, deliveries }) =>
      seen.push([payload.n, deliveries]),
    );
    expect(later).toMatchObject({ reclaimed: 1, completed: 1, repaired: 0 });
    expect(seen).toEqual([...[2, 3, 4, 5].map((n) => [n, 1]), [1, 2]]);
    expect(await queue.depth()).toMatchObject({ entries: 0, inFlight: 0 });
  },
);
