import { type Inbox, inboxOptions, openInbox } from "../functions/inbox/queue.ts";
import { httpKick } from "../src/kick/index.ts";
import { upstash } from "../src/redis/upstash.ts";
import type { DemoRedis } from "./redis.ts";
import type { FunctionEnv } from "./runtime.ts";

/** The inbox as another program has it that sends into it, and asks the HTTP function for passes. */
export function openProducer(
  redis: DemoRedis,
  env: FunctionEnv,
  address: { readonly url: string; readonly key: string },
): Inbox {
  const store = upstash({ url: redis.url, token: redis.token });
  const wake = { kick: httpKick(address) };
  return openInbox(store, { ...inboxOptions(env), wake });
}
