import luaparse from "luaparse";
import { expect, test } from "vitest";
import { claimOneScript } from "../../src/inspect/claim.ts";
import { trimNowScript } from "../../src/inspect/trim.ts";
import { importListScript } from "../../src/redis/import-list.ts";
import {
  cancelScript,
  depthScript,
  forgetDoneScript,
  redriveScript,
  repairScript,
  replayFromScript,
  retireScript,
  trimScript,
} from "../../src/redis/maintenance.ts";
import type { Script } from "../../src/redis/script.ts";
import { sendCheckedScript, sendScript } from "../../src/redis/send.ts";
import { turnScript, turnsScript } from "../../src/redis/turn-script.ts";

const scripts: readonly Script[] = [
  turnScript,
  turnsScript,
  sendScript,
  retireScript,
  replayFromScript,
  forgetDoneScript,
  cancelScript,
  sendCheckedScript,
  importListScript,
  claimOneScript,
  trimScript,
  trimNowScript,
  repairScript,
  redriveScript,
  depthScript,
];

/** What a script may use beside its own locals: no library that a server may lack, no cjson. */
const ALLOWED = ["KEYS", "ARGV", "redis", "string", "table", "math"];
const FUNCTIONS = ["pcall", "tonumber", "ipairs", "pairs", "unpack", "next", "error", "type"];

function parse(script: Script) {
  return luaparse.parse(script.text, { luaVersion: "5.1", scope: true }) as luaparse.Chunk & {
    globals: readonly luaparse.Identifier[];
  };
}

for (const script of scripts) {
  test(`the script ${script.name} uses no global but those that every server has`, () => {
    const used = parse(script).globals.map(({ name }) => name);
    expect([...ALLOWED, ...FUNCTIONS]).toEqual(expect.arrayContaining(used));
  });

  test(`the script ${script.name} stays within Lua's 200 locals of a function`, () => {
    const names = parse(script).body.flatMap((statement) => {
      if (statement.type === "LocalStatement") return statement.variables.map(({ name }) => name);
      const { type } = statement;
      return type === "FunctionDeclaration" && statement.isLocal ? ["function"] : [];
    });
    expect(names.length).toBeGreaterThan(5);
    expect(names.length).toBeLessThan(190);
  });

  test(`the script ${script.name} names each key and argument once`, () => {
    const names = [...script.keys, ...Object.keys(script.args)];
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(script.text).toMatch(new RegExp(`\\b${name}\\b`));
  });
}
