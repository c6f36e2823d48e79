import luaparse from "luaparse";
import { expect, test } from "vitest";
import { turnRequest } from "../../src/doctor/conformance/bench.ts";
import { createQueue } from "../../src/index.ts";
import { claim } from "../../src/inspect/claim.ts";
import type { Inspected } from "../../src/inspect/reader.ts";
import { trim } from "../../src/inspect/trim.ts";
import type { SliceRequest } from "../../src/list-slice.ts";
import { slicesOverRedis } from "../../src/redis/import-list.ts";
import {
  cancelCall,
  forgetDoneCall,
  redriveCall,
  repairCall,
  replayFromCall,
  retireCall,
  trimCall,
} from "../../src/redis/maintenance.ts";
import type { ScriptCall } from "../../src/redis/script.ts";
import { sendCall } from "../../src/redis/send.ts";
import { turnCall, turnsCall } from "../../src/redis/turn-call.ts";
import { memoryStore } from "../../src/testing.ts";

const { resolved } = createQueue({ name: "orders", store: memoryStore() });
const queue = resolved.storeQueue;
const attempt = { number: 1, notAfter: 0 };
const request = turnRequest("xd:token", {});
const send = { requestId: "r", entries: [["a", "b"]] };

/** The call that somebody makes who brings a script of its own. */
async function callBy(use: (runScript: (make: (ms: number) => ScriptCall) => never) => unknown) {
  let made: ScriptCall | undefined;
  const runScript = (make: (ms: number) => ScriptCall): never => {
    made = make(1);
    throw new Error("It was only looked at.");
  };
  await Promise.resolve()
    .then(() => use(runScript))
    .catch(() => {});
  return made ?? expect.fail("No script was called.");
}

const inspected = (runScript: unknown) =>
  ({ resolved: { ...resolved, store: { ...resolved.store, runScript } } }) as Inspected;
const slice: SliceRequest = {
  importId: "i",
  lists: ["l"],
  oldest: "right",
  check: true,
  expected: 1,
  mayMove: 1,
  maySetAside: 1,
  show: 1,
  showBytes: 1,
  maxItem: 1,
  slice: 0,
  known: [],
};

const calls: readonly ScriptCall[] = [
  turnCall(queue, request, attempt),
  turnsCall([{ queue, request }], attempt),
  sendCall(queue, send, 1),
  sendCall(queue, { ...send, due: [{ inMs: 1 }] }, 1),
  retireCall(queue, "r", 1),
  replayFromCall(queue, "0-0", "r", 1),
  forgetDoneCall(queue, "0-0"),
  cancelCall(queue, "d1-0-a", "r", 1),
  trimCall(queue, ["xdrain"]),
  repairCall(queue, {
    cursor: undefined,
    from: undefined,
    to: undefined,
    decide: undefined,
    seen: "",
    orphans: undefined,
  }),
  redriveCall(queue, ["1-0"], "r", 1),
  await callBy((runScript) => claim(inspected(runScript), "1-0", { to: "dead" })),
  await callBy((runScript) => trim(inspected(runScript))),
  await callBy((runScript) => slicesOverRedis({ runScript })(queue, slice, {})),
];

/** What a script may use beside its own locals: no library that a server may lack, no cjson. */
const ALLOWED = ["KEYS", "ARGV", "redis", "string", "table", "math"];
const FUNCTIONS = ["pcall", "tonumber", "ipairs", "pairs", "unpack", "next", "error", "type"];

function parse(call: ScriptCall) {
  return luaparse.parse(call.text(), { luaVersion: "5.1", scope: true }) as luaparse.Chunk & {
    globals: readonly luaparse.Identifier[];
  };
}

test("no call shares its record of what it did with another one", () => {
  for (const { script, keys } of calls) {
    expect(
      keys.filter((key) => key.endsWith(":sent:")),
      script.name,
    ).toEqual([]);
  }
});

test("each script is here once", () => {
  const names = calls.map(({ script }) => script.name);
  expect(new Set(names).size).toBe(names.length);
});

for (const call of calls) {
  const { name } = call.script;

  test(`the script ${name} uses no global but those that every server has`, () => {
    const used = parse(call).globals.map((global) => global.name);
    expect([...ALLOWED, ...FUNCTIONS]).toEqual(expect.arrayContaining(used));
  });

  test(`the script ${name} stays within Lua's 200 locals of a function`, () => {
    const names = parse(call).body.flatMap((statement) => {
      if (statement.type === "LocalStatement") return statement.variables.map((one) => one.name);
      const { type } = statement;
      return type === "FunctionDeclaration" && statement.isLocal ? ["function"] : [];
    });
    expect(names.length).toBeGreaterThan(5);
    expect(names.length).toBeLessThan(190);
  });

  test(`the script ${name} uses each of its arguments`, () => {
    expect(new Set(call.names).size).toBe(call.names.length);
    const [, body = ""] = call.text().split(call.header());
    for (const argument of call.names) expect(body).toMatch(new RegExp(`\\b${argument}\\b`));
  });
}
