import type { RedisCommand } from "./backend.ts";
import { interrupted } from "./connection.ts";
import { GatewayError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";

const MINUS = 0x2d;

/** One command, answered in Redis's own bytes; an error reply comes with status 400. */
export async function rawCommand(
  exchange: Exchange,
  command: RedisCommand,
  refusal: GatewayError | undefined,
): Promise<Response> {
  const bytes = refusal === undefined ? await exchange.backend.raw([command]) : errorReply(refusal);
  return bytesAnswer(bytes[0] === MINUS ? 400 : 200, bytes, exchange.syncToken());
}

/** Many commands, their replies one after the other, as on a connection. */
export async function rawPipeline(
  exchange: Exchange,
  commands: readonly RedisCommand[],
  refusals: readonly (GatewayError | undefined)[],
): Promise<Response> {
  const parts: Buffer[] = [];
  let run: RedisCommand[] = [];
  const flush = async () => {
    if (run.length > 0) parts.push(await exchange.backend.raw(run).catch(asPart));
    run = [];
  };
  for (const [index, command] of commands.entries()) {
    const refusal = refusals[index];
    if (refusal === undefined) {
      run.push(command);
      continue;
    }
    await flush();
    parts.push(errorReply(refusal));
  }
  await flush();
  return bytesAnswer(200, Buffer.concat(parts), exchange.syncToken());
}

/** What could not be sent may be the second half of a pipeline whose first half ran. */
function asPart(error: unknown): never {
  const unsent = error instanceof GatewayError && error.code === "redis_unreachable";
  throw unsent ? interrupted(error.cause) : error;
}

function errorReply(error: GatewayError): Buffer {
  return Buffer.from(`-${error.message.replaceAll(/[\r\n]/g, " ")}\r\n`);
}

function bytesAnswer(status: number, bytes: Buffer, syncToken: string): Response {
  return new Response(new Uint8Array(bytes), {
    status,
    headers: { "content-type": "application/octet-stream", "upstash-sync-token": syncToken },
  });
}
