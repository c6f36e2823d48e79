import type { Kick } from "../../src/index.ts";

export interface KickEnv {
  /** The function that drains; without it nothing is kicked. */
  readonly DRAIN_FUNCTION?: string | undefined;
  /** Set where the function runs on somebody's own machine: nothing of AWS is invoked from there. */
  readonly IS_OFFLINE?: string | undefined;
}

let warm: Kick | undefined;

/** Asks for a pass by invoking the function that drains; undefined where none is named. */
export function kickFrom(env: KickEnv): Kick | undefined {
  const name = env.DRAIN_FUNCTION;
  if (!name || env.IS_OFFLINE) return undefined;
  return async (request) => {
    warm ??= await openKick(name);
    await warm(request);
  };
}

/** The SDK is loaded here: a function that kicks nobody starts without it. */
async function openKick(functionName: string): Promise<Kick> {
  const { LambdaClient } = await import("@aws-sdk/client-lambda");
  const { lambdaKick } = await import("../../src/kick/lambda/index.ts");
  return lambdaKick({ client: new LambdaClient(), functionName });
}
