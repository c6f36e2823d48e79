import { idsOf, inHand, later, newToken, type Promised } from "../bench.ts";
import { holds, same } from "../expect.ts";

/** Passes that die, and what they had. */
export const leases: readonly Promised[] = [
  {
    sentence: "What a dead pass had comes to the next one when its lease is over",
    async keep({ open, leaseMs, pass }) {
      const { send, claim } = open({ visibilityTimeout: leaseMs });
      const ids = await send("a", "b");
      await claim(newToken());
      await pass(leaseMs);
      const reply = await claim(newToken());
      same("the kind", reply.kind, "suspects");
      same(
        "the messages",
        reply.messages.map(({ id, delivery, crashes }) => [id, delivery, crashes]),
        ids.map((id) => [id, 2, 1]),
      );
    },
  },
  {
    sentence: "A pass that has lost its lease cannot settle any more, and is told so",
    async keep({ open, leaseMs, pass: wait }) {
      const { send, claim, turn, queue } = open({ visibilityTimeout: leaseMs });
      const [id] = await send("a");
      const late = newToken();
      const held = inHand(await claim(late));
      await wait(leaseMs);
      same("the next pass", idsOf(await claim(newToken())), [id]);
      same("the late one", (await turn(late, { complete: held })).lost, [id]);
      same("what is in flight", (await queue.depth()).inFlight, 1);
    },
  },
  {
    sentence: "A lease that is renewed lasts",
    async keep({ open, leaseMs, pass: wait }) {
      const lease = 3 * leaseMs;
      const { send, claim, turn } = open({ visibilityTimeout: lease });
      await send("a");
      const pass = newToken();
      const held = inHand(await claim(pass));
      await wait(lease * 0.6);
      same("the renewal", (await turn(pass, { held, renew: true })).lost, []);
      await wait(lease * 0.6);
      same("another pass", idsOf(await claim(newToken())), []);
      same("its own", (await turn(pass, { complete: held })).lost, []);
    },
  },
  {
    sentence: "A message that kills its passes is a dead letter in the end",
    async keep({ open, leaseMs, pass }) {
      const { send, claim, queue } = open({ visibilityTimeout: leaseMs, maxDeliveries: 2 });
      const [id] = await send("a");
      for (let deaths = 0; deaths < 2; deaths += 1) {
        await claim(newToken());
        await pass(leaseMs);
      }
      same("the third claim", idsOf(await claim(newToken())), []);
      const [letter] = await queue.deadLetters.list();
      same("the letter", [letter?.originalId, letter?.reason], [id, "crashed"]);
    },
  },
  {
    sentence: "Suspects never come beside other messages",
    async keep({ open, leaseMs, pass: wait }) {
      const { send, claim } = open({ visibilityTimeout: leaseMs });
      const [dies] = await send("dies");
      await claim(newToken());
      await wait(leaseMs);
      const fresh = await send("x", "y");
      const seen = [await claim(newToken()), await claim(newToken())].map(idsOf);
      holds(
        "they came apart",
        seen.every((ids) => !(ids.includes(dies ?? "") && ids.length > 1)),
      );
      same("all that came", seen.flat().sort(), [dies, ...fresh].sort());
    },
  },
  {
    sentence: "Consumers of dead passes go, and nobody else's",
    async keep({ open, call, leaseMs, pass: wait }) {
      const { port, send, claim, turn, consumers } = open({ visibilityTimeout: leaseMs });
      await send("a");
      await claim(newToken());
      await call("XGROUP", "CREATECONSUMER", port.stream, port.group, "their-worker");
      await wait(leaseMs);
      const pass = newToken();
      await turn(pass, { complete: inHand(await claim(pass)) });
      same("the consumers", await consumers(), ["their-worker"]);
    },
  },
  {
    sentence: "A pending message whose payload somebody deleted is counted as lost",
    async keep({ open, call, leaseMs, pass: wait }) {
      const { port, send, claim } = open({ visibilityTimeout: leaseMs });
      const [a = "", b] = await send("a", "b");
      await claim(newToken());
      await wait(leaseMs);
      await call("XDEL", port.stream, a);
      const reply = await claim(newToken());
      same("the reply", [reply.lostPayloads, idsOf(reply)], [1, [b]]);
    },
  },
  {
    sentence: "A parked message whose payload somebody deleted is counted as lost",
    async keep({ open, call }) {
      const { port, send, claim, turn } = open();
      const [a = ""] = await send("a");
      const pass = newToken();
      await turn(pass, { retry: later(inHand(await claim(pass))) });
      await call("XDEL", port.stream, a);
      same("what was lost", (await claim(newToken())).lostPayloads, 1);
    },
  },
];
