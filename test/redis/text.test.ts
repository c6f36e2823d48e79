import { isUtf8 } from "node:buffer";
import { expect, onTestFinished } from "vitest";
import { lua } from "../../src/redis/lua.generated.ts";
import { connectRaw, serverTest } from "../support/redis.ts";

/** Says of each argument whether it is text. */
const SCRIPT = `${lua.text.replace(/^local function \w+/, "local function is_text")}
local answers = {}
for i, bytes in ipairs(ARGV) do answers[i] = is_text(bytes) and "1" or "0" end
return table.concat(answers)`;

const EDGES = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];

/** Every two bytes, and behind each pair of a long sequence what may end it. */
function* sequences(): Generator<Buffer> {
  for (let first = 0; first < 256; first += 1) {
    yield Buffer.from([first]);
    for (let second = 0; second < 256; second += 1) {
      yield Buffer.from([first, second]);
      if (first < 0xe0) continue;
      for (const third of EDGES) {
        yield Buffer.from([first, second, third]);
        if (first >= 0xf0)
          for (const last of EDGES) yield Buffer.from([first, second, third, last]);
        if (first >= 0xf0) yield Buffer.from([first, second, third, 0xbf, 0xbf]);
      }
    }
  }
}

serverTest("the scripts take for text what is UTF-8, and nothing else", async () => {
  const redis = connectRaw();
  onTestFinished(() => redis.disconnect());
  const all = [...sequences()];
  for (let at = 0; at < all.length; at += 20_000) {
    const some = all.slice(at, at + 20_000);
    const answers = (await redis.eval(SCRIPT, 0, ...some)) as string;
    const wrong = some.filter((bytes, i) => isUtf8(bytes) !== (answers[i] === "1"));
    expect(wrong).toEqual([]);
  }
  expect(all.length).toBeGreaterThan(500_000);
});
