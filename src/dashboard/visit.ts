import type { Session } from "./session.ts";

export type Theme = "auto" | "light" | "dark";
export const THEMES: readonly Theme[] = ["auto", "light", "dark"];

/** Who looks at which page, and how. */
export interface Visit {
  readonly base: string;
  readonly refreshMs: number;
  readonly theme: Theme;
  /** Path and query of the page. */
  readonly here: string;
  /** Undefined for whoever is not signed in. */
  readonly session: Session | undefined;
  /** The instance's clock. */
  readonly now: Date;
}

/** The address of a queue's page. */
export function pathOf(visit: Visit, queue: { readonly name: string }, ...rest: string[]): string {
  return [visit.base, "queues", ...[queue.name, ...rest].map(encodeURIComponent)].join("/");
}

export function mayChange({ session }: Visit): boolean {
  return session?.role === "admin";
}
