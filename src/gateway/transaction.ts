import type { Redis } from "ioredis";
import type { RedisCommand, Reply } from "./backend.ts";
import { dispatch, dispatchAll, isErrorReply } from "./connection.ts";
import { GatewayError } from "./errors.ts";

/** Runs commands between MULTI and EXEC on a connection that nobody else uses meanwhile. */
export async function runTransaction(
  client: Redis,
  commands: readonly RedisCommand[],
): Promise<readonly Reply[]> {
  const answers = await dispatchAll(client, [["MULTI"], ...commands, ["EXEC"]]);
  const replies = answers.at(-1);
  if (Array.isArray(replies)) return replies;
  throw discarded(answers.find(isErrorReply));
}

/** The commands' replies as Redis sent them, in RESP2, from a connection nobody else uses meanwhile. */
export async function captureReplies(
  client: Redis,
  commands: readonly RedisCommand[],
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const { stream } = client;
  const onData = (chunk: Buffer) => {
    chunks.push(chunk);
  };
  stream.on("data", onData);
  try {
    await dispatchAll(client, commands);
  } finally {
    stream.off("data", onData);
  }
  return Buffer.concat(chunks);
}

/** Asks for a sign of life. */
export async function runPing(client: Redis): Promise<void> {
  await dispatch(client, ["PING"]);
}

/** Redis names the first command it would not queue only in that command's own reply. */
export function discarded(cause: Error | undefined): GatewayError {
  return new GatewayError(
    "discarded",
    `EXECABORT Transaction discarded because of: ${cause?.message ?? "an unknown error"}`,
    { cause },
  );
}
