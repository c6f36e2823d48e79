import type { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { type Duration, milliseconds } from "../../duration.ts";
import { onlyKnown, refuseKind } from "../../expect.ts";
import { checkPackage, LAMBDA, needed } from "../../needed.ts";
import { utf8 } from "../../signing/utf8.ts";
import { codeOfStatus, kickError } from "../errors.ts";
import type { Kick } from "../kick.ts";
import { kickBody } from "../request.ts";
import { within } from "../within.ts";
import { invokeError } from "./errors.ts";
import { functionName, qualifierOf } from "./function-name.ts";

/** Which function to invoke. */
export interface LambdaKickOptions {
  /** Its credentials and its tries are the ones in force. */
  readonly client: Pick<LambdaClient, "send">;
  /** The function's name or ARN. */
  readonly functionName: string;
  /** A version or an alias. @default none, the function as it is now */
  readonly qualifier?: string;
  /** The longest that a kick holds up whoever makes it, the SDK's tries included. @default "2 s" */
  readonly timeout?: Duration;
}

const KNOWN = ["client", "functionName", "qualifier", "timeout"];

/** The action on the function that the role of whoever kicks needs. */
export const KICK_ACTION = "lambda:InvokeFunction";

/**
 * Asks a Lambda function for a pass by invoking it asynchronously: the service takes the request into
 * its own queue and invokes the function, again if that fails.
 *
 * @example
 * const kick = lambdaKick({ client: new LambdaClient(), functionName: "orders-drain" });
 * await kick({ queue: "orders", depth: 0 });
 * @throws OptionError for an option that the service would refuse. The kick: KickError, or OptionError
 * for a queue or a depth that cannot be asked for, or PackageError without `@aws-sdk/client-lambda`.
 */
export function lambdaKick(options: LambdaKickOptions): Kick {
  onlyKnown("lambdaKick", options, KNOWN);
  const { client, qualifier, timeout = "2 s" } = options;
  if (typeof client?.send !== "function") refuseKind("client", "a LambdaClient", client);
  const FunctionName = functionName("functionName", options.functionName);
  const target = {
    FunctionName,
    ...(qualifier === undefined
      ? {}
      : { Qualifier: qualifierOf("qualifier", qualifier, FunctionName) }),
  };
  const timeoutMs = milliseconds("timeout", timeout, { min: 1, max: 60_000 });

  return async (request) => {
    const body = kickBody(request);
    const { signal } = request;
    const limit = AbortSignal.timeout(timeoutMs);
    const { InvokeCommand } = await needed("xdrain/kick-lambda", LAMBDA, () => {
      return import("./command.ts");
    });
    checkPackage("xdrain/kick-lambda", LAMBDA, typeof InvokeCommand === "function");
    const Payload = utf8(JSON.stringify(body));
    const command = new InvokeCommand({ ...target, InvocationType: "Event", Payload });
    const abortSignal = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    const status = await within(abortSignal, invoke(client, command, abortSignal)).catch(
      (error: unknown) => {
        throw invokeError(body.queue, error);
      },
    );
    if (status === 202) return;
    throw kickError(body.queue, codeOfStatus(status), `Invoke was answered with ${status}`);
  };
}

async function invoke(
  client: LambdaKickOptions["client"],
  command: InvokeCommand,
  abortSignal: AbortSignal,
): Promise<number> {
  const { StatusCode, $metadata } = await client.send(command, { abortSignal });
  return StatusCode ?? $metadata.httpStatusCode ?? 0;
}
