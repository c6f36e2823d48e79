/** Keeps the invocation going until a promise is settled, although its answer is out. */
export type WaitUntil = (promise: Promise<unknown>) => void;

/** What a platform hands over beside the request: Workers do, and Hono's `c.executionCtx` is one. */
export interface ExecutionContextLike {
  waitUntil(promise: Promise<unknown>): void;
}

/** An app: its `fetch` is for a platform that takes one, or for a route of another app. */
export interface FetchApp {
  /** Answers one request. @throws PackageError (rejects) if hono is missing or too old */
  readonly fetch: (
    request: Request,
    env?: unknown,
    executionContext?: ExecutionContextLike,
  ) => Promise<Response>;
}
