import { defineCommand } from "../../command.ts";
import { timestamp } from "../../format.ts";
import { ANY_TARGET, onSchedule, withSchedule } from "../../scheduler.ts";

export const ls = defineCommand({
  usage: "ls",
  describe: "List a schedule and the wakes that are to come",
  onlyLooks: true,
  examples: [["$0 schedule ls --name orders", "is it there, and is it paused?"]],
  options: (argv) => withSchedule(argv),
  run: (args, { output }) =>
    onSchedule(args, { target: ANY_TARGET }, async (schedule) => {
      await output.rows(await schedule.list(), {
        none: "There is no such schedule.",
        columns: [
          { title: "NAME", cell: ({ name }) => name },
          { title: "KIND", cell: ({ kind }) => kind },
          { title: "STATE", cell: ({ enabled }) => (enabled ? "enabled" : "paused") },
          { title: "AT", cell: ({ at }) => (at === undefined ? undefined : timestamp(+at)) },
        ],
      });
      return 0;
    }),
});
