import { idsOf, inHand, newToken, type Promised } from "../bench.ts";
import { holds, same } from "../expect.ts";

/** Work that is named by an idempotency key. */
export const keys: readonly Promised[] = [
  {
    sentence: "Work whose idempotency key is done is completed without running",
    async keep({ open }) {
      const { sendKeyed, claim, turn, queue } = open();
      await sendKeyed("k");
      const pass = newToken();
      await turn(pass, { keyed: true, complete: inHand(await claim(pass), "k") });
      await sendKeyed("k", "k");
      const reply = await claim(newToken());
      same("the reply", [idsOf(reply), reply.duplicates], [[], 2]);
      same("the stream", (await queue.depth()).entries, 0);
    },
  },
  {
    sentence: "Work whose idempotency key is in progress waits",
    async keep({ open }) {
      const { sendKeyed, claim } = open();
      await sendKeyed("k");
      await claim(newToken());
      await sendKeyed("k");
      const reply = await claim(newToken());
      same("the reply", [idsOf(reply), reply.deferred], [[], 1]);
    },
  },
  {
    sentence: "Of two messages of one key in a batch the first runs, and the other waits",
    async keep({ open }) {
      const { sendKeyed, claim } = open();
      const [first] = await sendKeyed("k", "k");
      const reply = await claim(newToken());
      same("the reply", [idsOf(reply), reply.deferred], [[first], 1]);
    },
  },
  {
    sentence: "A deduplicated send tells the id of the message that has its key",
    async keep({ open }) {
      const { queue } = open({ deduplicate: true });
      const first = await queue.send(1, { idempotencyKey: "k" });
      const second = await queue.send(2, { idempotencyKey: "k" });
      same("the second send", [second.id, second.duplicate], [first.id, true]);
      same("the stream", (await queue.depth()).entries, 1);
    },
  },
  {
    sentence: "A kept result is found by its key",
    async keep({ open }) {
      const { sendKeyed, claim, turn, queue } = open({ keepResults: true });
      await sendKeyed("k");
      const pass = newToken();
      const done = inHand(await claim(pass), "k").map((held) => ({ ...held, result: "[1]" }));
      await turn(pass, { keyed: true, complete: done });
      same("the result", await queue.result("k"), [1]);
    },
  },
  {
    sentence: "A delayed message comes once it is due, and not before",
    async keep({ open, pass: wait }) {
      const { queue, claim } = open();
      await queue.send("later", { delay: 600 });
      const early = await claim(newToken());
      same("an early claim", idsOf(early), []);
      holds("its time is told", (early.nextDueAt ?? 0) > early.now);
      await wait(600);
      const claims = await Promise.all([1, 2, 3].map(() => claim(newToken())));
      same("how often it came", claims.flatMap(idsOf).length, 1);
    },
  },
  {
    sentence: "A cancelled message never comes",
    async keep({ open, pass: wait }) {
      const { queue, claim } = open();
      const { id } = await queue.send("later", { delay: 1_000 });
      same("the cancellation", [await queue.cancel(id), await queue.cancel(id)], [true, false]);
      await wait(1_000);
      same("the claim", idsOf(await claim(newToken())), []);
    },
  },
];
