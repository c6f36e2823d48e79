import { XdrainError } from "../errors.ts";

/** What went wrong, in words that stay the same between versions. */
export type GatewayErrorCode =
  /** An option of `createGateway` or `serveGateway` is not what it should be. */
  | "bad_option"
  /** The Redis URL cannot be understood. The message never repeats the URL: it may hold a password. */
  | "bad_redis_url"
  /** The HTTP request is not one the protocol knows. */
  | "bad_request"
  /** The command is refused by the gateway or by the token's access. */
  | "refused"
  /** A transaction was discarded as a whole; nothing of it ran. */
  | "discarded"
  | "unauthorized"
  | "not_found"
  | "method_not_allowed"
  | "request_too_large"
  /** More requests at once than the gateway was told to hold. Nothing ran. */
  | "overloaded"
  /** The gateway is stopping. Nothing ran. */
  | "stopping"
  /** No connection to Redis. Nothing ran. */
  | "redis_unreachable"
  /** The connection broke while commands were under way: they may have run, or not. */
  | "redis_interrupted"
  /** No answer in time: the commands may have run, may still run, or not. */
  | "timeout"
  /** The client went away before its turn came. Nothing ran. */
  | "client_gone";

/** The one error class of the gateway; `code` is stable, `message` is for people. */
export class GatewayError extends XdrainError<GatewayErrorCode> {
  override readonly name = "GatewayError";
}
