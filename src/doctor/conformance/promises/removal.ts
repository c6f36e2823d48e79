import { trim as trimNow } from "../../../inspect/trim.ts";
import { idsOf, inHand, later, newToken, type Opened, type Promised } from "../bench.ts";
import { NotKept, same } from "../expect.ts";

const FEW = "Expected three messages, got fewer.";

/** Which entries go, and the way back for what somebody else removed. */
export const removal: readonly Promised[] = [
  {
    sentence: "Nothing is removed before every group of the stream has done it",
    async keep({ open, call }) {
      const bench = open();
      const { port, send, ids } = bench;
      const sent = await send("a", "b");
      await call("XGROUP", "CREATE", port.stream, "audit", "0");
      await complete(bench);
      same("what is removed at first", await trim(bench, "audit"), 0);
      same("the stream", await ids(), sent);
      const read = ["GROUP", "audit", "reader", "COUNT", "1", "STREAMS", port.stream, ">"];
      await call("XREADGROUP", ...read);
      await call("XACK", port.stream, "audit", sent[0] ?? "");
      same("what is removed then", await trim(bench, "audit"), 1);
      same("the stream after it", await ids(), sent.slice(1));
    },
  },
  {
    sentence: "A trim leaves what is unread, in flight or parked, and all behind it",
    async keep({ open }) {
      const bench = open({ shared: true });
      const { send, claim, turn, ids } = bench;
      const sent = await send(1, 2, 3, 4);
      const pass = newToken();
      const [a, b, c] = inHand(await claim(pass, 3));
      if (a === undefined || b === undefined || c === undefined) throw new NotKept(FEW);
      await turn(pass, { complete: [a], retry: later([c], 60_000), held: [b] });
      same("what goes before the one in flight", await trim(bench), 1);
      await turn(pass, { complete: [b] });
      same("what goes before the parked one", await trim(bench), 1);
      same("the stream", await ids(), sent.slice(2));
    },
  },
  {
    sentence: "A trim that is asked for keeps the newest entries, and all that is not done",
    async keep({ open }) {
      const bench = open({ shared: true });
      const { queue, send, claim, turn, ids } = bench;
      const sent = await send(1, 2, 3, 4, 5);
      await turn("xd:trim", { complete: inHand(await claim("xd:trim", 3)) });
      const approximate = await trimNow(queue, { keep: { count: 4 }, approximate: true });
      same("what an approximate trim leaves", approximate.left >= 4, true);
      same("what stays by count", (await trimNow(queue, { keep: { count: 4 } })).left, 4);
      const { left, heldBy } = await trimNow(queue, { keep: { count: 0 } });
      same("what stays unread", [left, heldBy?.reason], [2, "unread"]);
      same("the stream", await ids(), sent.slice(3));
    },
  },
  {
    sentence: "Unread entries that somebody else trimmed are counted",
    async keep({ open, call }) {
      const bench = open();
      const { port, send, turn } = bench;
      await send("first");
      await complete(bench);
      const [, , third = ""] = await send("a", "b", "c");
      await call("XTRIM", port.stream, "MINID", third);
      same("what was trimmed", (await turn(newToken())).trimmedUnread, 2);
    },
  },
  {
    sentence: "What the loss of the parked set hides, a repair brings back",
    async keep({ open, call }) {
      const { queue, keys, send, claim, turn } = open();
      const ids = await send("a", "b", "c");
      const pass = newToken();
      await turn(pass, { retry: later(inHand(await claim(pass))) });
      await call("DEL", keys.parked);
      same("a claim before", idsOf(await claim(newToken())), []);
      same("what was brought back", (await queue.repair()).repaired, 3);
      same("a claim after", idsOf(await claim(newToken())).sort(), [...ids].sort());
    },
  },
  {
    sentence: "A group that somebody destroyed is made anew at 0, and everything comes back",
    async keep({ open, call }) {
      const { port, send, claim } = open();
      const ids = await send("a", "b");
      await claim(newToken(), 1);
      await call("XGROUP", "DESTROY", port.stream, port.group);
      const reply = await claim(newToken());
      same("the reply", [reply.createdGroup, idsOf(reply)], [true, ids]);
    },
  },
  {
    sentence: "A replay brings back what is kept",
    async keep({ open }) {
      const bench = open({ retention: { age: "1 h" } });
      const sent = await bench.send("a", "b");
      await complete(bench);
      await bench.queue.replay({ from: "0" });
      same("the claim", idsOf(await bench.claim(newToken())), sent);
    },
  },
  {
    sentence: "A group that is retired leaves nothing that holds up the others",
    async keep({ open, lose }) {
      const { queue, send, claim } = open();
      await send("a");
      await claim(newToken());
      lose("response");
      same("the retirement", [await queue.retire(), await queue.retire()], [true, false]);
    },
  },
];

async function complete({ claim, turn }: Opened): Promise<void> {
  const pass = newToken();
  const reply = await claim(pass);
  await turn(pass, { complete: inHand(reply), found: reply.found });
}

async function trim({ queue, port }: Opened, ...others: readonly string[]): Promise<number> {
  return (await queue.resolved.store.trim(port, [port.group, ...others], {})).removed;
}
