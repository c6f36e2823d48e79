import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { serverTest, uniqueName } from "../support/redis.ts";
import { tcpQueue } from "../support/stores.ts";
import { countOf, eventsIn, startDev, times } from "./support/dev.ts";
import { scratch } from "./support/scratch.ts";

serverTest(
  "a module that writes beside itself is not started again for that, and edits lose no message",
  async () => {
    const folder = scratch();
    const name = uniqueName();
    const queue = tcpQueue<number>({ name });
    const file = join(folder, "ship.mjs");
    const save = (version: number) => {
      // As most editors do it: what has the name then is another file.
      writeFileSync(`${file}.new`, writingHandler(version));
      renameSync(`${file}.new`, file);
    };
    save(0);
    const pass = ["--max-failures", "1", "--concurrency", "2"];
    const { child, printed, ended } = startDev("-q", name, "--module", file, "--", ...pass);
    for (let edit = 1; edit <= 10; edit += 1) {
      await printed(times(edit, "loaded"));
      await queue.sendBatch([0, 1, 2, 3, 4].map((n) => ({ payload: edit * 10 + n })));
      await printed(new RegExp(`v${edit - 1} begins ${edit}0`));
      save(edit);
    }
    await printed(times(11, "loaded"));
    await printed({ test: (text) => text.split("finished").length > 50 });
    child.kill("SIGINT");
    const { stdout } = await ended;
    expect(countOf(stdout, "changed")).toBe(10);
    expect(countOf(stdout, "killed")).toBe(0);
    expect(stdout.match(/begins \d+ after 0/g)).toHaveLength(50);
    const { totals } = await queue.stats();
    expect(totals).toMatchObject({ completed: 50, retried: 0, dead: 0 });
  },
);

/** A handler that takes its time, and writes what it did beside itself. */
function writingHandler(version: number): string {
  return `
    import { appendFile } from "node:fs/promises";
    export default async ({ payload, failures }) => {
      console.log("v${version} begins " + payload + " after " + failures);
      for (const until = Date.now() + 80; Date.now() < until; ) {
        await appendFile(import.meta.dirname + "/done.log", payload + "\\n");
      }
      console.log("v${version} finished " + payload);
    };`;
}

serverTest(
  "what a module imports is watched, of every kind, and what it imports after an edit",
  async () => {
    const folder = scratch();
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, "lib"));
    write("ship.mjs", 'import "./a.ts"; import "./lib/b.cjs"; export default () => {};');
    write("a.ts", 'import d from "./d.json" with { type: "json" }; export const n: number = d.n;');
    write("d.json", '{"n":1}');
    write("lib/b.cjs", 'require("./c"); module.exports = require("./e.json");');
    write("lib/c.js", "module.exports = 1;");
    write("lib/e.json", "{}");
    write("beside.js", "");
    const module = join(folder, "ship.mjs");
    const { child, printed, ended } = startDev("-q", uniqueName(), "--module", module);
    const edits = [
      ["a.ts", 'import d from "./d.json" with { type: "json" }; export const m: number = d.n;'],
      ["d.json", '{"n":22}'],
      ["lib/b.cjs", 'require("./c"); require("./e.json");'],
      ["lib/c.js", "module.exports = 22;"],
      ["lib/e.json", '{"e":2}'],
      ["ship.mjs", 'import "./beside.js"; export default () => {};'],
      ["beside.js", "export {};"],
    ] as const;
    let loads = 1;
    for (const [name, text] of edits) {
      await printed(times(loads, "loaded"));
      if (name !== "beside.js")
        write("beside.js", `// not imported yet, and written before ${name}`);
      write(name, text);
      loads += 1;
    }
    await printed(times(loads, "loaded"));
    child.kill("SIGINT");
    const changed = eventsIn((await ended).stdout).filter(({ event }) => event === "changed");
    expect(changed.map(({ file }) => file)).toEqual(edits.map(([name]) => join(folder, name)));
  },
);

serverTest(
  "what is broken or missing is watched, so that it starts when it is mended",
  async () => {
    const folder = scratch();
    const module = join(folder, "ship.mjs");
    const { child, printed, ended } = startDev("-q", uniqueName(), "--module", module);
    const edit = (file: string, text: string) => writeFileSync(join(folder, file), text);
    await printed(times(1, "failed"));
    edit("ship.mjs", "syntax error");
    await printed(times(2, "failed"));
    edit("ship.mjs", 'import "./lib/steps.cjs"; export default () => {};');
    await printed(times(3, "failed"));
    mkdirSync(join(folder, "lib"));
    await printed(times(4, "failed"));
    edit("lib/steps.cjs", 'require("./one"); (');
    await printed(times(5, "failed"));
    edit("lib/steps.cjs", 'require("./one");');
    await printed(times(6, "failed"));
    edit("lib/one.js", "");
    await printed(times(1, "loaded"));
    rmSync(join(folder, "lib"), { recursive: true });
    await printed(times(7, "failed"));
    child.kill("SIGINT");
    const { stdout } = await ended;
    const why = [...stdout.matchAll(/could not be loaded: (Cannot find \w+|Unexpected \w+)/g)];
    expect(why.map(([, text]) => text)).toEqual([
      ...[
        "Cannot find module",
        "Unexpected identifier",
        "Cannot find module",
        "Cannot find module",
      ],
      ...["Unexpected end", "Cannot find module", "Cannot find module"],
    ]);
  },
);

serverTest("--watch starts a server again for files and folders, also new ones", async () => {
  const folder = scratch();
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "settings"), "1");
  const watched = ["--watch", join(folder, "src"), "--watch", join(folder, "settings")];
  const { child, printed, ended } = startDev("--run", "echo up; exec sleep 600", ...watched);
  await printed(times(1, "started"));
  mkdirSync(join(folder, "src/deep/er"), { recursive: true });
  await printed(times(2, "started"));
  writeFileSync(join(folder, "src/deep/er/a.txt"), "1");
  await printed(times(3, "started"));
  writeFileSync(join(folder, "settings.new"), "2");
  renameSync(join(folder, "settings.new"), join(folder, "settings"));
  await printed(times(4, "started"));
  child.kill("SIGINT");
  const { stdout } = await ended;
  expect(countOf(stdout, "changed")).toBe(3);
});

serverTest("a server that writes into a watched folder as it starts is left in peace", async () => {
  const folder = scratch();
  const command = `date >>${folder}/log; exec sleep 600`;
  const { child, printed, ended } = startDev("--run", command, "--watch", folder);
  await printed(times(1, "own"));
  child.kill("SIGINT");
  const { stdout } = await ended;
  expect(countOf(stdout, "started")).toBe(countOf(stdout, "changed") + 1);
  expect(countOf(stdout, "own")).toBe(1);
});

serverTest("a module that writes what it imports, as it is loaded, is left in peace", async () => {
  const folder = scratch();
  const file = join(folder, "ship.mjs");
  writeFileSync(join(folder, "made.mjs"), "export const made = 0;");
  writeFileSync(
    file,
    `import { writeFileSync } from "node:fs";
    import { made } from "./made.mjs";
    writeFileSync(new URL("./made.mjs", import.meta.url), "export const made = " + Date.now());
    export default () => made;`,
  );
  const { child, printed, ended } = startDev("-q", uniqueName(), "--module", file);
  await printed(times(1, "own"));
  child.kill("SIGINT");
  const { stdout } = await ended;
  // A write that is seen late counts as an edit, so there may be more than four restarts, but none after it.
  expect(countOf(stdout, "changed")).toBeGreaterThanOrEqual(4);
  const afterwards = stdout.slice(stdout.lastIndexOf("\n", stdout.indexOf('"own"')) + 1);
  expect(countOf(afterwards, "own")).toBe(1);
  expect(countOf(afterwards, "changed")).toBe(0);
});
