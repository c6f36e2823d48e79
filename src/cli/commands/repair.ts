import type { RepairOptions, RepairReport } from "../../repair.ts";
import { defineCommand } from "../command.ts";
import { counted } from "../format.ts";
import { onQueue, withQueue } from "../queue.ts";

export const repair = defineCommand({
  usage: "repair",
  describe:
    "Bring back messages that the loss of a Redis key hides, and decide on what nothing proves",
  examples: [
    ["$0 repair -q orders", "after an eviction or a mistaken DEL"],
    ["$0 repair -q orders --orphans discard", "remove what others have done"],
  ],
  options: (argv) =>
    withQueue(argv).options({
      orphans: {
        choices: ["run", "discard"] as const,
        describe: "What becomes of entries that neither wait nor are known to be done",
      },
      from: { type: "string", describe: "Only those from this id on" },
      to: { type: "string", describe: "Only those up to this id" },
    }),
  run: (args, context) =>
    onQueue(args, context, async (queue) => {
      const { orphans, from, to } = args;
      const given = { orphans, from, to };
      const options = Object.fromEntries(
        Object.entries(given).filter(([, value]) => value !== undefined),
      ) as RepairOptions;
      const report = await queue.repair(options);
      await context.output.value({ queue: queue.name, ...report }, sentences(report, orphans));
      return 0;
    }),
});

function sentences({ repaired, orphans }: RepairReport, decided: RepairOptions["orphans"]): string {
  const back = `${counted(repaired, "message was", "messages were")} brought back.`;
  if (orphans === undefined) return back;
  const { count, firstId } = orphans;
  const these = `${counted(count, "entry", "entries")}, the first of them ${firstId},`;
  const one = count === 1;
  if (decided === "run") return `${back} ${these} ${one ? "runs" : "run"} now.`;
  if (decided === "discard") return `${back} ${these} ${one ? "is" : "are"} discarded.`;
  const them = one ? "it" : "them";
  return `${back} ${these} neither ${one ? "waits nor is" : "wait nor are"} known to be done. --orphans run runs ${them}, --orphans discard removes ${them}.`;
}
