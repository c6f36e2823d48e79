import type { Redis } from "ioredis";
import type { Listener, Topic } from "./backend.ts";
import { dispatch, ready, toGatewayError } from "./connection.ts";

/** Listens on a connection of its own, made from `source`; returns what ends it. */
export async function listenOn(
  source: Redis,
  topic: Topic,
  listener: Listener,
  connectTimeoutMs: number,
): Promise<() => void> {
  try {
    if (topic.kind === "monitor") return await monitor(source, listener, connectTimeoutMs);
    const client = source.duplicate();
    client.on("error", () => {});
    try {
      await ready(client, connectTimeoutMs);
      return await subscribe(client, topic, listener);
    } catch (error) {
      client.disconnect();
      throw error;
    }
  } catch (error) {
    throw toGatewayError(error);
  }
}

async function subscribe(
  client: Redis,
  topic: Exclude<Topic, { kind: "monitor" }>,
  listener: Listener,
): Promise<() => void> {
  // A message may come in the same packet as the confirmation, which must go out first.
  let early: string[] | undefined = [];
  const emit = (text: string) => (early === undefined ? listener.onEvent(text) : early.push(text));
  client.on("messageBuffer", (channel: Buffer, message: Buffer) => {
    emit(`message,${channel.toString()},${message.toString()}`);
  });
  client.on("pmessageBuffer", (pattern: string, channel: Buffer, message: Buffer) => {
    emit(`pmessage,${pattern},${channel.toString()},${message.toString()}`);
  });
  // In lower case: ioredis knows the commands that change a connection by that name only.
  await dispatch(client, [topic.kind, ...topic.names]);
  topic.names.forEach((name, index) => {
    listener.onEvent(`${topic.kind},${name},${index + 1}`);
  });
  for (const text of early) listener.onEvent(text);
  early = undefined;
  return endWith(client, listener);
}

async function monitor(
  source: Redis,
  listener: Listener,
  connectTimeoutMs: number,
): Promise<() => void> {
  await ready(source, connectTimeoutMs);
  const client = await source.monitor();
  client.on("error", () => {});
  listener.onEvent('"OK"');
  client.on("monitor", (time: string, args: string[], source: string, database: string) => {
    // ioredis has taken the escapes off the quotes only; with them back, this is Redis's own line.
    const quoted = args.map((argument) => `"${argument.replaceAll('"', '\\"')}"`);
    listener.onEvent(`${time} [${database} ${source}] ${quoted.join(" ")}`);
  });
  return endWith(client, listener);
}

/** Does not reconnect: events would be missing, and the client could not know. */
function endWith(client: Redis, listener: Listener): () => void {
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    client.disconnect();
    listener.onEnd();
  };
  client.once("close", end);
  return end;
}
