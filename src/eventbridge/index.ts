/**
 * Recurring drains and wakes by Amazon EventBridge Scheduler.
 * @module
 */
export { SCHEDULE_ACTIONS } from "./actions.ts";
export type { AfterPass } from "./after-pass.ts";
export type { CadenceOptions } from "./cadence.ts";
export type { Changed } from "./change.ts";
export { ScheduleError, type ScheduleErrorCode } from "./errors.ts";
export { type EventBridge, eventBridge } from "./event-bridge.ts";
export type { ScheduleEntry } from "./list.ts";
export { nextTick, type Recurrence } from "./next-tick.ts";
export type { EventBridgeOptions } from "./options.ts";
export type { DeliveryRetries, ScheduleTarget } from "./target.ts";
export type { Wake } from "./wake.ts";
export { type Due, whenToWake } from "./when-to-wake.ts";
