import { inspect, type MessageStory } from "../../inspect/index.ts";
import type { Queue } from "../../queue.ts";
import { defineCommand } from "../command.ts";
import { entryJson, payloadCharsFor } from "../entry-table.ts";
import { duration, fromNow, timestamp } from "../format.ts";
import { findLetter } from "../letter-filter.ts";
import { pairLines } from "../pair-lines.ts";
import { onQueue, withQueue } from "../queue.ts";

const WHERE: Readonly<Record<MessageStory["where"], string>> = {
  delayed: "delayed",
  ready: "ready",
  inFlight: "in flight",
  parked: "parked",
  dead: "dead letter",
  done: "done",
  gone: "not there",
};

export const show = defineCommand({
  usage: "show <id>",
  describe: "Show where a message is, why it is not running, and what became of it",
  onlyLooks: true,
  examples: [["$0 show -q orders 1763712000000-0", "its whole story"]],
  options: (argv) =>
    withQueue(argv).positional("id", {
      type: "string",
      demandOption: true,
      describe: "What `send` said, or the id of its entry",
    }),
  run: (args, context) =>
    onQueue(args, context, async (queue) => {
      const { output } = context;
      const payloadChars = output.json ? payloadCharsFor(true) : 20_000;
      const found = await inspect(queue).show(args.id, { payloadChars });
      const story = found.where === "gone" ? await perhapsOfLetter(queue, found) : found;
      const content = story.content && entryJson(story.content);
      await output.value({ ...story, content }, storyLines(story, Date.now()));
      return 0;
    }),
});

/** What is not there as a message may be the id of a dead letter, as `dlq ls` shows it. */
async function perhapsOfLetter(queue: Queue<unknown>, story: MessageStory): Promise<MessageStory> {
  const letter = story.id.startsWith("d") ? undefined : await findLetter(queue, story.id);
  if (letter === undefined) return story;
  const { originalId } = letter;
  const why = `It is the id of a dead letter, of message ${originalId}: show that, or dlq show this.`;
  return { ...story, why };
}

function storyLines(story: MessageStory, now: number): string[] {
  const { deadLetter, content } = story;
  const time = (date: Date | undefined) => date && `${timestamp(+date)} (${fromNow(+date, now)})`;
  return pairLines([
    ["message", story.id],
    ["entry", story.entryId === story.id ? undefined : story.entryId],
    ["where", WHERE[story.where]],
    ["why", story.why],
    ["sent", time(story.sentAt)],
    ["next", time(story.nextAt)],
    ["owner", story.consumer],
    ["idle", story.idleMs === undefined ? undefined : duration(story.idleMs)],
    ["deliveries", story.deliveries],
    ["failures", story.failures],
    ["crashes", story.crashes],
    ["died", time(deadLetter && new Date(deadLetter.failedAt))],
    ["dead letter", deadLetter?.id],
    ["error", deadLetter?.error || undefined],
    ["done until", time(story.doneUntil)],
    ["result", story.result],
    ["key", content?.idempotencyKey],
    ["trace", content?.trace?.traceparent],
    ["problem", content?.problem],
    ["payload", content && `${content.payload}${content.payloadIsCut ? "…" : ""}`],
  ]);
}
