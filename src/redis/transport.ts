import type { Answer } from "../store.ts";

export type { Answer } from "../store.ts";

/**
 * Carries commands to Redis, each exactly once. It resolves with what the server answered and rejects
 * when no answer came, which says nothing about whether a command ran.
 */
export interface Transport {
  command(args: readonly string[], signal: AbortSignal): Promise<Answer>;
  /** Many in one round trip, in their order, but not as one step. Without it they go one by one. */
  pipeline?(
    commands: readonly (readonly string[])[],
    signal: AbortSignal,
  ): Promise<readonly Answer[]>;
}
