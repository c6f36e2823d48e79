import { describe, expect, test } from "vitest";
import { type ImportOptions, importList } from "../../src/import-list/index.ts";
import { createQueue } from "../../src/index.ts";
import { memoryStore } from "../../src/testing.ts";

describe("importList refuses before any request", () => {
  const store = {
    ...memoryStore(),
    importSlice: () => expect.fail("It made a request."),
  };
  const queue = createQueue({ name: "orders", store });

  test.each<[string, unknown, RegExp]>([
    ["an option that nothing reads", { backup: ["c1"] }, /got `backup`/],
    ["backups that are no array", { backups: "c1" }, /`backups` to be an array of lists/],
    ["a backup without a name", { backups: [""] }, /`backups` to be a string of 1 to 512/],
    ["a list named twice", { backups: ["c1", "q1"] }, /not named twice, got "q1"/],
    ["the stream as a list", { backups: ["orders"] }, /another key than the queue's stream/],
    ["an end that there is not", { oldest: "top" }, /`oldest` to be "right" or "left"/],
    ["a way to decode that there is not", { decode: "yaml" }, /`decode` to be "auto" or "json"/],
    ["something else to decode with", { decode: 1 }, /`decode` to be a word or a function/],
    ["a key that is no function", { idempotencyKey: "id" }, /`idempotencyKey` to be a function/],
    ["no messages", { maxMessages: 0 }, /`maxMessages` to be an integer from 1/],
    ["a batch too large", { batch: 501 }, /`batch` to be an integer from 1 to 500/],
    ["a deadline that is no date", { deadline: 5 }, /`deadline` to be a Date/],
    ["a duration in words", { maxDuration: "soon" }, /`maxDuration` to be a duration/],
    ["too few requests", { maxRequests: 2 }, /`maxRequests` to be an integer from 3/],
    ["none to set aside", { maxRefused: 0 }, /`maxRefused` to be an integer from 1/],
    ["a signal that is none", { signal: true }, /`signal` to be an AbortSignal/],
    ["options that are no object", null, /options of importList to be an object/],
  ])("%s", async (_what, options, message) => {
    const given = importList(queue, "q1", options as ImportOptions<unknown>);
    await expect(given).rejects.toThrow(message);
    await expect(given).rejects.toMatchObject({ code: "invalid_option" });
  });

  test("a list without a name, and something that is no queue", async () => {
    await expect(importList(queue, "")).rejects.toThrow(/`list` to be a string of 1 to 512/);
    const noQueue = {} as typeof queue;
    await expect(importList(noQueue, "q1")).rejects.toThrow(/`queue` to be a queue made by/);
  });
});
