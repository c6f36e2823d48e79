/** What the server answered: a reply, or an error of its own (then the command did nothing more). */
export type Answer =
  | { readonly ok: true; readonly reply: unknown }
  | { readonly ok: false; readonly message: string };

/**
 * Carries one command to Redis, exactly once. It resolves with what the server answered and rejects
 * when no answer came, which says nothing about whether the command ran.
 */
export interface Transport {
  command(args: readonly string[], signal: AbortSignal): Promise<Answer>;
}
