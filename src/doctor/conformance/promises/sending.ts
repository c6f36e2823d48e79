import { drain } from "../../../drain.ts";
import { newToken, type Promised } from "../bench.ts";
import { holds, same } from "../expect.ts";

/** What is sent is there, once, and as it was. */
export const sending: readonly Promised[] = [
  {
    sentence: "A send that comes again stores nothing twice, and tells the same ids",
    async keep({ open }) {
      const { queue, port, ids } = open();
      const request = {
        requestId: newToken(),
        entries: [
          ["xd:d", "1"],
          ["a", "b"],
        ],
      };
      const { store } = queue.resolved;
      const first = await store.send(port, request, {});
      const again = await store.send(port, request, {});
      same("the ids", again.ids, first.ids);
      same("the stream", await ids(), first.ids);
    },
  },
  {
    sentence: "A send whose response is lost stores its messages once",
    async keep({ open, lose }) {
      const { send, ids } = open();
      lose("response", "request");
      const sent = await send("a", "b", "c");
      same("the stream", await ids(), sent);
    },
  },
  {
    sentence: "A payload comes back byte for byte",
    async keep({ open }) {
      const { queue } = open();
      const payload = { text: 'ü\u0000\n\u2028"\\🙂', numbers: [1e21, -0.5], empty: ["", {}] };
      await queue.send(payload);
      const seen: unknown[] = [];
      await drain(queue, (message) => void seen.push(message.payload), { linger: false });
      same("the payload", seen, [payload]);
    },
  },
  {
    sentence: "Messages keep the order of their sends",
    async keep({ open }) {
      const { queue, send } = open();
      await send(...Array(150).keys());
      const seen: unknown[] = [];
      const report = await drain(queue, ({ payload }) => void seen.push(payload), {
        concurrency: 1,
        linger: false,
      });
      same("what was completed", report.completed, 150);
      same("the order", seen, [...Array(150).keys()]);
    },
  },
  {
    sentence: "A hundred messages are drained in a handful of requests",
    async keep({ open }) {
      const { queue, send } = open();
      await send(...Array(100).keys());
      const first = await drain(queue, () => {}, { linger: false });
      same("what was completed", first.completed, 100);
      await send(...Array(100).keys());
      const second = await drain(queue, () => {}, { linger: false, maxMessages: 100 });
      // Two turns, each of them twice where the server does not know its script yet.
      holds(`${second.requests} requests are no more than six`, second.requests <= 6);
    },
  },
  {
    sentence: "A limited backlog refuses what would be too much, and stores none of it",
    async keep({ open }) {
      const { queue, send } = open({ maxBacklog: { messages: 2 } });
      await send(1, 2);
      const refused = await queue.send(3).catch((error: { code?: string }) => error.code);
      same("the refusal", refused, "queue_full");
      same("what is stored", (await queue.depth()).entries, 2);
    },
  },
];
