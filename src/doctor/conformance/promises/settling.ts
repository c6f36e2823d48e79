import { idsOf, inHand, later, newToken, type Promised, rejectAll } from "../bench.ts";
import { NotKept, same } from "../expect.ts";

const FEW = "Expected three messages, got fewer.";

/** What becomes of a message, and who may say so. */
export const settling: readonly Promised[] = [
  {
    sentence: "A completed message is gone, and its pass leaves no consumer behind",
    async keep({ open }) {
      const { send, claim, turn, ids, consumers } = open();
      await send("a", "b");
      const pass = newToken();
      const settled = await turn(pass, { complete: inHand(await claim(pass)) });
      same("what was lost", settled.lost, []);
      same("the stream", await ids(), []);
      same("the consumers", await consumers(), []);
    },
  },
  {
    sentence: "A pass cannot settle what another pass has",
    async keep({ open }) {
      const { send, claim, turn, queue } = open();
      const [id] = await send("a");
      const owner = newToken();
      const held = inHand(await claim(owner));
      for (const outcome of outcomesOf(held)) {
        same("the reply", (await turn(newToken(), outcome)).lost, [id]);
      }
      const { inFlight, parked, dead } = await queue.depth();
      same("the depth", [inFlight, parked, dead], [1, 0, 0]);
      same("the owner's own", (await turn(owner, { complete: held })).lost, []);
    },
  },
  {
    sentence: "An outcome of an earlier delivery changes nothing",
    async keep({ open }) {
      const { send, claim, turn, queue } = open();
      const [id] = await send("a");
      const pass = newToken();
      const first = inHand(await claim(pass));
      await turn(pass, { retry: later(first) });
      const again = await claim(pass);
      same("the count", again.messages[0]?.delivery, 2);
      for (const outcome of outcomesOf(first)) {
        same("the reply", (await turn(pass, { ...outcome, held: inHand(again) })).lost, [id]);
      }
      same("what is in flight", (await queue.depth()).inFlight, 1);
    },
  },
  {
    sentence: "An outcome whose response is lost is applied once",
    async keep({ open, lose }) {
      const { send, claim, turn, queue } = open();
      await send("a", "b", "c");
      const pass = newToken();
      const [a, b, c] = inHand(await claim(pass));
      if (a === undefined || b === undefined || c === undefined) throw new NotKept(FEW);
      const request = { complete: [a], retry: later([b], 60_000), dead: rejectAll([c]) };
      lose("response");
      const reply = await turn(pass, request);
      same("the reply", [reply.lost, reply.uncertain], [[], []]);
      const { entries, parked, dead } = await queue.depth();
      same("entries, parked, dead", [entries, parked, dead], [1, 1, 1]);
    },
  },
  {
    sentence: "A message that is tried again keeps its id, and waits until it is due",
    async keep({ open, pass: wait }) {
      const { send, claim, turn } = open();
      const [id] = await send("a");
      const pass = newToken();
      const settled = await turn(pass, { retry: later(inHand(await claim(pass)), 600) });
      same("when it is due", settled.nextDueAt, settled.now + 600);
      const early = await claim(newToken());
      if (early.now < settled.now + 600) same("an early claim", idsOf(early), []);
      await wait(600);
      const { messages } = await claim(newToken());
      const [message] = messages.length > 0 ? messages : early.messages;
      same("the message", [message?.id, message?.delivery], [id, 2]);
    },
  },
  {
    sentence: "What is given back comes again at once, its delivery not counted",
    async keep({ open }) {
      const { send, claim, turn } = open();
      const [id] = await send("a");
      const pass = newToken();
      await turn(pass, { release: later(inHand(await claim(pass))), final: true });
      const [message] = (await claim(newToken())).messages;
      same("the message", [message?.id, message?.delivery], [id, 1]);
    },
  },
  {
    sentence: "The last turn of a pass gives back what a lost response handed out",
    async keep({ open }) {
      const { send, claim, turn, consumers } = open();
      const [id] = await send("a");
      const pass = newToken();
      await claim(pass);
      same("the last turn", idsOf(await turn(pass, { final: true })), []);
      same("the consumers", await consumers(), []);
      same("the next claim", idsOf(await claim(newToken())), [id]);
    },
  },
  {
    sentence: "A dead letter keeps its fields and tells what happened",
    async keep({ open }) {
      const { send, claim, turn, queue } = open();
      const [id] = await send({ n: 1 });
      const pass = newToken();
      await turn(pass, { dead: rejectAll(inHand(await claim(pass))) });
      const [letter] = await queue.deadLetters.list();
      same(
        "the letter",
        [letter?.originalId, letter?.reason, letter?.error, letter?.payload, letter?.deliveries],
        [id, "rejected", "no", { n: 1 }, 1],
      );
    },
  },
  {
    sentence: "A redrive whose response is lost moves each dead letter once",
    async keep({ open, lose }) {
      const { send, claim, turn, queue, ids } = open();
      await send("a", "b");
      const pass = newToken();
      await turn(pass, { dead: rejectAll(inHand(await claim(pass))) });
      const letters = await queue.deadLetters.list();
      lose("response");
      const made = await queue.deadLetters.redrive(letters.map(({ id }) => id));
      same("the stream", await ids(), made);
      same("dead letters", (await queue.depth()).dead, 0);
    },
  },
];

function outcomesOf(held: ReturnType<typeof inHand>) {
  return [
    { complete: held },
    { retry: later(held) },
    { release: later(held) },
    { dead: rejectAll(held) },
  ];
}
