import { expect, onTestFinished } from "vitest";
import { importList } from "../../src/import-list/index.ts";
import { createQueue, drain } from "../../src/index.ts";
import { connectRaw, serverTest, uniqueName } from "../support/redis.ts";
import { openStore, TRANSPORTS } from "../transports/stores.ts";

/** Bytes that are no UTF-8, in each way there is; some decode to texts of the same length. */
const BROKEN: readonly (readonly number[])[] = [
  [0xff],
  [0x80],
  [0x61, 0xc3],
  [0xc0, 0xaf],
  [0xe2, 0x82],
  [0xe0, 0x9f, 0xbf],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x9f, 0x98],
  [0xf0, 0x8f, 0xbf, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xc3, 0xc3, 0xa9, 0xa9],
];

/** Texts at the edges of what UTF-8 can say, and ones that look as if something went wrong. */
const WHOLE = [
  "\0",
  "\u007f\u0080\u07ff\u0800\ud7ff\ue000\ufffd\uffff",
  "\u{10000}\u{3ffff}\u{40000}\u{fffff}\u{100000}\u{10ffff}",
  "\ufeffbyte order mark",
  "line\nbreak\r\n\u2028",
  "|",
  "0:size:7",
  '"\\ud800"',
  "null",
  "é".repeat(1_000),
];

for (const transport of TRANSPORTS) {
  async function open() {
    const redis = connectRaw();
    onTestFinished(() => redis.disconnect());
    const name = uniqueName("import");
    const queue = createQueue<unknown>({ name, store: await openStore(transport) });
    return { redis, queue, list: `${name}:list` };
  }

  serverTest(`bytes that are no text are set aside unchanged, over ${transport}`, async () => {
    const { redis, queue, list } = await open();
    const broken = BROKEN.map((bytes) => Buffer.from(bytes));
    for (const item of broken) await redis.lpush(list, item, "fine");
    const report = await importList(queue, list, { batch: 3 });
    expect(report).toMatchObject({ moved: BROKEN.length, refused: BROKEN.length, more: false });
    expect(report.refusals.map(({ reason }) => reason)).toEqual(
      BROKEN.map(() => "It is not UTF-8 text."),
    );
    expect(report.refusals.map(({ bytes }) => bytes)).toEqual(broken.map(({ length }) => length));
    const aside = await redis.lrangeBuffer(`${list}:refused`, 0, -1);
    expect(aside.reverse()).toEqual(broken);
  });

  serverTest(`every text arrives as it was, over ${transport}`, async () => {
    const { redis, queue, list } = await open();
    await redis.lpush(list, ...WHOLE);
    expect(await importList(queue, list, { decode: "text" })).toMatchObject({ refused: 0 });
    const seen: unknown[] = [];
    await drain(queue, ({ payload }) => seen.push(payload), { concurrency: 1 });
    expect(seen).toEqual(WHOLE);
  });

  serverTest(`items of a megabyte go few at a time, over ${transport}`, async () => {
    const { redis, queue, list } = await open();
    const large = JSON.stringify("x".repeat(999_000));
    for (let i = 0; i < 12; i += 1) await redis.lpush(list, large);
    const tooLarge = JSON.stringify("x".repeat(1_100_000));
    await redis.lpush(list, tooLarge, ...Array<string>(30).fill('"small"'));
    const report = await importList(queue, list);
    expect(report).toMatchObject({ moved: 42, refused: 1, stopped: "empty" });
    expect(report.refusals).toEqual([
      {
        list,
        reason: `Expected a payload of at most 1000000 bytes, got ${tooLarge.length}.`,
        bytes: tooLarge.length,
      },
    ]);
    expect(await redis.lrange(`${list}:refused`, 0, -1)).toEqual([tooLarge]);
    expect(await redis.xlen(queue.name)).toBe(42);
  });
}
