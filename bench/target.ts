/** The gateway's token in all benchmarks. */
export const TOKEN = "bench";

/** Where a side works, both behind the same added latency, and the Redis itself for preparations. */
export interface Target {
  readonly latencyMs: number;
  /** The REST front. */
  readonly restUrl: string;
  /** Redis over TCP. */
  readonly tcpUrl: string;
  /** Both without added latency. */
  readonly directRestUrl: string;
  readonly redisUrl: string;
}
