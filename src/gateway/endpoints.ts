import { jsonAnswer } from "./answer.ts";
import type { RedisCommand, Reply } from "./backend.ts";
import { readBytes, readText } from "./body.ts";
import { encodeItem, encodeItems } from "./encode.ts";
import { GatewayError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { parseCommand, parseCommands, parsePath } from "./parse.ts";
import { refusalOf } from "./policy.ts";
import { rawCommand, rawPipeline } from "./resp2.ts";

/** `POST /`: one command in a JSON array. */
export async function postCommand(exchange: Exchange): Promise<Response> {
  const body = await readText(exchange.request, exchange.options.maxRequestBytes);
  return answerCommand(exchange, parseCommand(body));
}

/** `/set/key/value`: one command in the path; the body of a POST is an argument, as it is. */
export async function pathCommand(exchange: Exchange): Promise<Response> {
  const { request, options } = exchange;
  const hasBody = request.method === "POST" || request.method === "PUT";
  const body = hasBody ? await readBytes(request, options.maxRequestBytes) : undefined;
  // `curl -X POST …/get/key` has an empty body and no further argument.
  return answerCommand(exchange, parsePath(request.url, body?.length === 0 ? undefined : body));
}

/** `POST /pipeline`: many commands, each with its own result or error, not atomic. */
export async function postPipeline(exchange: Exchange): Promise<Response> {
  const commands = parseCommands(
    await readText(exchange.request, exchange.options.maxRequestBytes),
  );
  const refusals = commands.map((command) => refuse(exchange, command));
  if (exchange.resp2) return rawPipeline(exchange, commands, refusals);
  const replies = await runAllowed(exchange, commands, refusals);
  return jsonAnswer(200, encodeItems(replies, exchange.encoding), exchange.syncToken());
}

/** `POST /multi-exec`: many commands as one transaction; one that is refused discards them all. */
export async function postTransaction(exchange: Exchange): Promise<Response> {
  if (exchange.resp2) {
    throw new GatewayError("bad_request", "ERR /multi-exec answers in JSON only");
  }
  const commands = parseCommands(
    await readText(exchange.request, exchange.options.maxRequestBytes),
  );
  for (const command of commands) {
    const refusal = refuse(exchange, command);
    if (refusal === undefined) continue;
    throw new GatewayError(
      "discarded",
      `EXECABORT Transaction discarded because of: ${refusal.message}`,
    );
  }
  const replies = await exchange.backend.transaction(commands);
  return jsonAnswer(200, encodeItems(replies, exchange.encoding), exchange.syncToken());
}

async function answerCommand(exchange: Exchange, command: RedisCommand): Promise<Response> {
  const refusal = refuse(exchange, command);
  if (exchange.resp2) return rawCommand(exchange, command, refusal);
  if (refusal !== undefined) throw refusal;
  const reply = await exchange.backend.call(command);
  return jsonAnswer(200, encodeItem(reply, exchange.encoding), exchange.syncToken());
}

function refuse({ access, options }: Exchange, command: RedisCommand): GatewayError | undefined {
  const text = refusalOf(command, access, options);
  return text === undefined ? undefined : new GatewayError("refused", text);
}

/** Runs what may run; a refusal takes its command's place. */
async function runAllowed(
  { backend }: Exchange,
  commands: readonly RedisCommand[],
  refusals: readonly (GatewayError | undefined)[],
): Promise<readonly Reply[]> {
  const allowed = commands.filter((_, index) => refusals[index] === undefined);
  if (allowed.length === commands.length) return backend.pipeline(commands);
  const replies = allowed.length === 0 ? [] : await backend.pipeline(allowed);
  let next = 0;
  return refusals.map((refusal) => refusal ?? replies[next++]!);
}
