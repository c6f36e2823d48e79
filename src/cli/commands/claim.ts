import { type Claimed, claim as claimMessage } from "../../inspect/claim.ts";
import { defineCommand } from "../command.ts";
import { CommandError } from "../errors.ts";
import { asDuration } from "../moments.ts";
import { given, onQueue, withQueue } from "../queue.ts";

export const claim = defineCommand({
  usage: "claim <id>",
  describe: "Take a message that is in flight or parked from whoever has it",
  examples: [
    ["$0 claim -q orders 1763712000000-0 --to parked", "the next pass tries it again"],
    ["$0 claim -q orders 1763712000000-0 --to dead --reason 'bad address'", "gives it up"],
  ],
  options: (argv) =>
    withQueue(argv)
      .positional("id", { type: "string", demandOption: true, describe: "Its entry's id" })
      .option("to", {
        choices: ["parked", "dead"] as const,
        demandOption: true,
        describe: "Tried again, or a dead letter",
      })
      .option("delay", { type: "string", describe: "Parked for so long: 5m [due at once]" })
      .option("reason", { type: "string", describe: "What the dead letter gives as its error" })
      .option("force", {
        type: "boolean",
        default: false,
        describe: "Even from a pass that works on it: what that does then counts no more",
      })
      .option("keep", {
        type: "boolean",
        default: false,
        describe: "The queue keeps completed entries: a dead one stays in the stream, too",
      })
      .option("deduplicate", {
        type: "boolean",
        default: false,
        describe: "Sends store a key once",
      }),
  run: (args, context) =>
    onQueue(
      args,
      context,
      async (queue) => {
        const { to, force, reason } = args;
        const options = { to, force, ...given({ reason, delay: asDuration(args.delay) }) };
        const claimed = await claimMessage(queue, args.id, options);
        if (claimed.outcome !== to) throw refusal(args.id, claimed);
        const what = to === "dead" ? "is a dead letter now" : "is parked now";
        await context.output.value({ id: args.id, ...claimed }, `${args.id} ${what}.`);
        return 0;
      },
      { shared: args.keep, deduplicate: args.deduplicate },
    ),
});

function refusal(id: string, { outcome }: Claimed): CommandError {
  const why = {
    live: `A pass works on ${id}: wait for its lease, or take it with --force.`,
    elsewhere: `${id} is neither in flight nor parked: see xdrain show.`,
    lost: `The payload of ${id} was gone already; nothing of it is left to try.`,
    parked: "",
    dead: "",
  };
  return new CommandError(why[outcome], { outcome });
}
