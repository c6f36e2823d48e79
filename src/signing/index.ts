/**
 * Requests that prove who makes them: signed here, verified by `xdrain/http`.
 * @module
 */
export type { Caller, Proof, Scope } from "./caller.ts";
export type { SigningKey } from "./keys.ts";
export { memoryNonces, type Nonces } from "./nonces.ts";
export {
  type IoredisLike,
  ioredisNonces,
  type RedisNoncesOptions,
  type UpstashLike,
  upstashNonces,
} from "./redis-nonces.ts";
export { type RequestToSign, signRequest } from "./sign-request.ts";
export { type SignedOptions, signed } from "./signed.ts";
