/**
 * Asks a Lambda function for a pass at once, by invoking it asynchronously.
 * @module
 */
export { KickError, type KickErrorCode } from "../errors.ts";
export type { Kick, KickRequest } from "../kick.ts";
export { KICK_ACTION, type LambdaKickOptions, lambdaKick } from "./lambda-kick.ts";
