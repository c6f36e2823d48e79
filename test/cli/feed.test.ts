import { expect, test } from "vitest";
import { CommandError, UsageError } from "../../src/cli/errors.ts";
import { type Feeding, feedLines } from "../../src/cli/feed.ts";
import { SendError } from "../../src/index.ts";

test("a batch that is stored in part is gone on with behind that part", async () => {
  const error = await failureOf({
    send: (items) => {
      throw new SendError("The connection broke. (2 messages are stored.)", {
        sentIds: items.slice(0, 2).map((_, i) => `1-${i}`),
        uncertain: false,
      });
    },
  });
  expect(error.details).toEqual({ stored: 2, skip: 20 });
  expect(error.message).toBe(
    "The connection broke. 2 messages are stored, up to line 20: go on with --skip 20.",
  );
});

test("where no answer came, it is said that more may be stored", async () => {
  const error = await failureOf({
    send: () => {
      throw new SendError("No answer.", { sentIds: [], uncertain: true });
    },
  });
  expect(error.details).toEqual({ stored: 0, skip: 9 });
  expect(error.message).toContain("more may be stored");
});

test("the lines before a wrong one are sent, and those behind it are not", async () => {
  const sent: string[] = [];
  const error = await failureOf({
    read: ({ number, text }) => {
      if (number === 20) throw new UsageError("Wrong.");
      return text;
    },
    send: async (items) => {
      sent.push(...items);
      return items.map((id) => ({ id }));
    },
  });
  expect(sent).toEqual(["a"]);
  expect(error.details).toEqual({ stored: 1, skip: 10 });
});

test("batches are of 500 at the most, and duplicates are counted by themselves", async () => {
  const sizes: number[] = [];
  const lines = Array.from({ length: 1_001 }, (_, i) => ({
    number: i + 1,
    text: `${i}`,
    bytes: i,
  }));
  const done = await feedLines(lines, {
    ...quiet,
    send: async (items) => {
      sizes.push(items.length);
      return items.map((id, i) => (i === 0 ? { id, duplicate: true } : { id }));
    },
  });
  expect(sizes).toEqual([500, 500, 1]);
  expect(done).toEqual({ sent: 998, duplicates: 3, line: 1_001, bytes: 1_000 });
});

const quiet = {
  read: ({ text }: { readonly text: string }) => text,
  onStored: async () => {},
  signal: new AbortController().signal,
};

test("where the first request is refused, nothing is stored, and lines that were passed over stay so", async () => {
  const error = await failureOf({
    send: () => {
      throw new SendError("It is full. (0 messages are stored.)", {
        sentIds: [],
        uncertain: false,
      });
    },
  });
  expect(error.message).toBe("It is full. Nothing is stored.");
  expect(error.details).toEqual({ stored: 0, skip: 9 });
});

/** Three lines, 10, 20 and 30, are sent, and that fails. */
async function failureOf(
  feeding: Pick<Feeding<string>, "send"> & Partial<Feeding<string>>,
): Promise<CommandError> {
  const lines = ["a", "b", "c"].map((text, i) => ({ number: (i + 1) * 10, text, bytes: i }));
  const error: unknown = await feedLines(lines, { ...quiet, ...feeding }).catch(
    (failure) => failure,
  );
  if (error instanceof CommandError) return error;
  throw new Error(`It failed otherwise: ${error}`);
}
