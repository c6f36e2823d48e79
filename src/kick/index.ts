/**
 * Asks for a pass at once: over HTTP, and from Worker to Worker.
 * @module
 */
export type { SigningKey } from "../signing/keys.ts";
export { type BindingKickOptions, bindingKick, type ServiceBinding } from "./binding.ts";
export { KickError, type KickErrorCode } from "./errors.ts";
export { type HttpKickOptions, httpKick } from "./http.ts";
export type { Kick, KickRequest } from "./kick.ts";
export type { Answer } from "./post.ts";
export type { ProofOptions } from "./proof.ts";
