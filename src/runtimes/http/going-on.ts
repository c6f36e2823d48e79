import type { Context } from "hono";
import type { WaitUntil } from "./fetch-app.ts";

/** How this platform lets work go on: as the app was told, or as its context says; undefined if not. */
export function waitUntilOf(context: Context, given: WaitUntil | undefined): WaitUntil | undefined {
  if (given !== undefined) return given;
  try {
    const platform = context.executionCtx;
    return (promise) => platform.waitUntil(promise);
  } catch {
    return undefined; // Hono throws where there is none
  }
}
