import type { ConsumerInfo, PassRecord } from "../inspect/index.ts";
import type { QueueStats } from "../statistics.ts";
import type { Colours } from "./colours.ts";
import { duration, fromNow, timestamp, whole } from "./format.ts";
import { statsLines } from "./stats-lines.ts";
import { tableLines } from "./table.ts";

/** What `top` shows at one time. */
export interface TopView {
  readonly stats: QueueStats;
  readonly consumers: readonly ConsumerInfo[];
  readonly passes: readonly PassRecord[];
  /** The look before this one, for what arrives. */
  readonly before: QueueStats | undefined;
}

export function topLines(queue: string, view: TopView, colours: Colours): string[] {
  const { stats, consumers, passes } = view;
  const look = { width: undefined, colours };
  const now = stats.at.getTime();
  return [
    `${colours.dim(`${timestamp(now)}   q quits`)}`,
    ...statsLines(queue, stats, colours),
    `  arriving      ${arriving(view)}`,
    "",
    ...tableLines(
      [
        { title: "PENDING", align: "right", cell: ({ pending }) => whole(pending) },
        { title: "IDLE", align: "right", cell: ({ idleMs }) => duration(idleMs) },
        { title: "KIND", cell: ({ kind }) => kind },
        { title: "CONSUMER", cell: ({ name }) => name },
      ],
      consumers,
      look,
    ),
    "",
    ...tableLines(
      [
        { title: "PASS", cell: ({ at }) => fromNow(+at, now) },
        { title: "TOOK", align: "right", cell: ({ elapsedMs }) => duration(elapsedMs) },
        { title: "DONE", align: "right", cell: ({ completed }) => whole(completed) },
        { title: "RETRIED", align: "right", cell: ({ retried }) => whole(retried) },
        { title: "DEAD", align: "right", cell: ({ dead }) => whole(dead) },
        { title: "STOPPED", cell: ({ stopped }) => stopped },
      ],
      passes,
      look,
    ),
  ];
}

function arriving({ stats, before }: TopView): string {
  const seconds = before === undefined ? 0 : (+stats.at - +before.at) / 1_000;
  if (seconds <= 0 || stats.added === undefined || before?.added === undefined) return "-";
  return `${((stats.added - before.added) / seconds).toFixed(1)}/s`;
}
