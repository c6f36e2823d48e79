import { idsOf, inHand, later, newToken, type Promised, turnRequest } from "../bench.ts";
import { holds, same } from "../expect.ts";

/** Who gets what, and how much of it. */
export const claiming: readonly Promised[] = [
  {
    sentence: "A claim takes the oldest first, and no more than it asks for",
    async keep({ open }) {
      const { send, claim } = open();
      const ids = await send(1, 2, 3);
      same("the first claim", idsOf(await claim(newToken(), 2)), ids.slice(0, 2));
      same("the second claim", idsOf(await claim(newToken(), 2)), ids.slice(2));
    },
  },
  {
    sentence: "Two passes at once never get the same message",
    async keep({ open }) {
      const { send, claim } = open();
      const ids = await send(...Array(30).keys());
      const claims = await Promise.all([1, 2, 3].map(() => claim(newToken(), 10)));
      same("what was handed out", claims.flatMap(idsOf).sort(), [...ids].sort());
    },
  },
  {
    sentence: "What a lost response handed out comes again, its count unchanged",
    async keep({ open, lose }) {
      const { send, claim } = open();
      const ids = await send("a", "b");
      await claim(newToken(), 0);
      lose("response", "response");
      const reply = await claim(newToken());
      same("the kind", reply.kind, "replayed");
      same("the messages", idsOf(reply), ids);
      same(
        "the counts",
        reply.messages.map(({ delivery }) => delivery),
        [1, 1],
      );
    },
  },
  {
    sentence: "What is too large for a reply goes back, its delivery not counted",
    async keep({ open }) {
      const { send, claim } = open();
      const ids = await send(...Array(6).fill("x".repeat(1_000)));
      const first = await claim(newToken(), 6, { maxBytes: 2_500, sizeHint: 1 });
      same("the first claim", idsOf(first), ids.slice(0, 2));
      const rest = await claim(newToken(), 6);
      same(
        "the rest",
        rest.messages.map(({ id, delivery }) => [id, delivery]),
        ids.slice(2).map((id) => [id, 1]),
      );
    },
  },
  {
    sentence: "Messages that are due again take half of a batch while there are new ones",
    async keep({ open }) {
      const { send, claim, turn } = open();
      const old = await send(1, 2, 3, 4);
      const pass = newToken();
      await turn(pass, { retry: later(inHand(await claim(pass))) });
      const fresh = await send(5, 6, 7, 8);
      const reply = await claim(newToken(), 4);
      const taken = idsOf(reply);
      same("old ones", taken.filter((id) => old.includes(id)).length, 2);
      same("new ones", taken.filter((id) => fresh.includes(id)).length, 2);
    },
  },
  {
    sentence: "Queues in one step claim in the order of their priority",
    async keep({ open }) {
      const [high, low] = [open({}, "high"), open({}, "low")];
      await high.send(1, 2, 3);
      await low.send(1, 2, 3);
      const [token, other] = [newToken(), newToken()];
      const { store } = high.queue.resolved;
      const step = async (pass: string) => {
        const parts = [high, low].map(({ port }) => ({
          queue: port,
          request: turnRequest(pass, { claim: 4 }),
        }));
        return (await store.turns(parts, {})).map(({ reply }) => reply?.messages.length);
      };
      same("the first step", await step(token), [3, 1]);
      same("the second step", await step(other), [0, 2]);
    },
  },
  {
    sentence: "A limit of what is in flight holds for all passes together",
    async keep({ open }) {
      const { send, claim } = open({ maxInFlight: 3 });
      await send(1, 2, 3, 4, 5);
      same("the first claim", idsOf(await claim(newToken(), 2)).length, 2);
      const second = await claim(newToken(), 5);
      same("the second claim", [idsOf(second).length, second.heldBack], [1, "in flight"]);
    },
  },
  {
    sentence: "A limited rate lets so many begin, and tells when the next may",
    async keep({ open }) {
      const { send, claim } = open({ rateLimit: { limit: 2, per: "1 h" } });
      await send(1, 2, 3);
      same("the first claim", idsOf(await claim(newToken(), 5)).length, 2);
      const second = await claim(newToken(), 5);
      same("the second claim", [idsOf(second).length, second.heldBack], [0, "rate"]);
      holds("the next time is told", (second.nextDueAt ?? 0) > second.now);
    },
  },
  {
    sentence: "A paused queue hands nothing out until it goes on",
    async keep({ open }) {
      const { queue, send, claim } = open();
      await send(1);
      await queue.pause();
      const held = await claim(newToken());
      same("the claim", [idsOf(held).length, held.heldBack], [0, "paused"]);
      await queue.resume();
      same("the claim after it", idsOf(await claim(newToken())).length, 1);
    },
  },
];
