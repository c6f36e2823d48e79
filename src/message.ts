import type { Trace } from "./fields.ts";

/** What a handler receives. */
export interface Message<Payload> {
  /** The id that `send` returned. */
  readonly id: string;
  /** The name of its queue. */
  readonly queue: string;
  readonly payload: Payload;
  /** How often it was handed out, this time included. */
  readonly deliveries: number;
  /** How often a handler refused it before, hand-written ones included (`retryCountField`). */
  readonly failures: number;
  readonly idempotencyKey: string | undefined;
  /** The trace that its sender gave it; undefined where it gave none. */
  readonly trace: Trace | undefined;
  /** When it was sent, by the server's clock. */
  readonly sentAt: Date;
}

/** What a handler can ask of its pass. */
export interface HandlerContext {
  /** Aborts at the pass's deadline, at the handler's timeout, and when the lease is lost. */
  readonly signal: AbortSignal;
  /** When the pass ends; the signal aborts a little earlier. */
  readonly deadline: Date;
  /** Names this delivery, for stores that can refuse an older one: the pass token and the count. */
  readonly fence: string;
  /**
   * Makes sure that the message is still this pass's, and that two thirds of its lease remain.
   * Leases are renewed without it; call it before an effect that must not happen twice.
   * @throws InterruptError with code `lease_lost` when another pass may have it.
   */
  extend(): Promise<void>;
}

/** Works on one message. What it returns is kept where the queue keeps results. */
export type Handler<Payload> = (message: Message<Payload>, context: HandlerContext) => unknown;

/** A handler that needs something first: a pass waits for it, and claims nothing if it fails. */
export interface PreparedHandler<Payload> {
  (message: Message<Payload>, context: HandlerContext): unknown;
  prepare?(): unknown;
}
