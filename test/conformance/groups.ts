import { describe, expect, test } from "vitest";
import { drain, type QueueOptions } from "../../src/index.ts";
import type { Target } from "./target.ts";
import { newToken, openWorkbench } from "./workbench.ts";

/** Several queues over one stream, each with a group of its own. */
export function groups(target: () => Target): void {
  /** Two queues over one stream, mail and search. */
  function open(options: Partial<QueueOptions>) {
    const mail = openWorkbench(target(), { group: "mail", ...options });
    const { name } = mail.queue;
    return { mail, search: openWorkbench(target(), { name, group: "search", ...options }) };
  }
  const completed = async ({ queue }: ReturnType<typeof open>["mail"]) =>
    (await drain(queue, () => {})).completed;
  const declared = { groups: ["mail", "search"] };

  describe("declared groups", () => {
    const ways: [
      string,
      Partial<QueueOptions>,
      (queue: ReturnType<typeof open>["mail"]) => Promise<unknown>,
    ][] = [
      ["a send", {}, ({ queue }) => queue.send(1)],
      [
        "a send that deduplicates",
        { deduplicate: true },
        ({ queue }) => queue.send(1, { idempotencyKey: "k" }),
      ],
      ["a send of a delayed message", {}, ({ queue }) => queue.send(1, { delay: 1 })],
      [
        "a redrive",
        {},
        async ({ queue, outside }) => {
          await outside.addDeadLetter("failed_at", "1", "reason", "failed", "xd:d", "1");
          const [letter] = await queue.deadLetters.list();
          await queue.deadLetters.redrive([letter?.id ?? ""]);
        },
      ],
    ];
    test.each(ways)(
      "all get what was stored before their first pass: by %s",
      async (_, options, store) => {
        const { mail, search } = open({ ...declared, ...options });
        await store(mail);
        await target().pass(5);
        expect([await completed(mail), await completed(search)]).toEqual([1, 1]);
        expect(await mail.outside.ids()).toEqual([]);
      },
    );

    test("are made by a pass that makes the stream, and get what is sent then", async () => {
      const { mail, search } = open(declared);
      await completed(mail);
      await mail.send("a", "b");
      expect([await completed(mail), await completed(search)]).toEqual([2, 2]);
    });

    test("hold back the trim until each of them exists", async () => {
      const { mail, search } = open(declared);
      await mail.outside.add("a", "1"); // another program makes the stream
      expect(await completed(mail)).toBe(1);
      expect(await mail.outside.ids()).toHaveLength(1);
      expect(await completed(search)).toBe(1);
      expect(await mail.outside.ids()).toEqual([]);
    });

    test("cost a send nothing once the stream is there", async () => {
      const bills: number[] = [];
      for (const { mail } of [open({ shared: true }), open(declared)]) {
        await mail.send("makes the stream");
        const request = { requestId: newToken(), entries: [["xd:d", "1"]] };
        const { bill } = await mail.store.send(mail.port, request, {});
        bills.push(bill.commands);
      }
      expect(bills[1]).toBe(bills[0]);
    });

    test("one that was retired is made anew by its pass, and holds back the trim until then", async () => {
      const { mail, search } = open(declared);
      await mail.send("a");
      expect([await completed(mail), await completed(search)]).toEqual([1, 1]);
      await search.queue.retire();
      await mail.send("b");
      await completed(mail);
      expect(await mail.outside.ids()).toHaveLength(1);
      expect(await completed(search)).toBe(1);
    });
  });
}
