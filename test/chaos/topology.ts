import type { Redis } from "ioredis";
import type { ReplicationWindow } from "./check.ts";
import type { Way } from "./child-settings.ts";

/** The Redis side of a run: one server, or a primary and a replica under Sentinel. */
export interface Topology {
  /** How functions and producers reach it without the gateway. */
  readonly tcp: Way;
  /** What the gateway connects to. */
  readonly gatewayRedis: string;
  /** Kills what has to be killed, and resolves to true when Redis is whole again. */
  killRedis(): Promise<boolean>;
  /** How often that happens, on average. */
  readonly killEveryMs: number;
  /** A client to the server in charge, past all faults. */
  inCharge(): Redis;
  /** What a failover may have lost. */
  readonly windows: readonly ReplicationWindow[];
  /** Faults on the way so far, by name. */
  struck(): Readonly<Record<string, number>>;
  /** Ends the faults on the way. */
  calm(): Promise<void>;
  /** What a report says of it beside. */
  describe(): object;
}
