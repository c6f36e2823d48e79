import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { builtEntry } from "./support/built-entry.ts";
import { readyIn, times } from "./support/dev.ts";
import { runBuilt, runBuiltJson, start, startNode } from "./support/run.ts";
import { scratch } from "./support/scratch.ts";

const modules = join(import.meta.dirname, "../../node_modules");
const withoutRedis = { PATH: "/nowhere" };

/** Fails, crashes or refuses as the payload says. */
const HANDLER = `
  export default ({ payload, deliveries, failures }) => {
    if (payload === "fails once" && failures === 0) throw new Error("not yet");
    if (payload === "fails") throw new Error("never");
    if (payload === "crashes" && deliveries === 1) process.kill(process.pid, "SIGKILL");
    console.log("done: " + payload);
  };`;

test("without a redis-server it all works on an embedded one, which says what it is", async () => {
  const module = join(scratch(), "ship.mjs");
  writeFileSync(module, HANDLER);
  const policy = ["--max-failures", "2", "--visibility-timeout", "1s"];
  const args = ["dev", "-q", "orders", "--module", module, "--every", "100ms", "--json"];
  const dev = start([...args, "--", ...policy], withoutRedis);
  const { services, env } = readyIn(await dev.printed(times(1, "loaded")));
  expect(services[0]).toMatchObject({ warning: expect.stringContaining("in memory only") });
  const there = { REDIS_URL: env.REDIS_URL ?? "" };
  for (const text of ["plain", "fails once", "fails", "crashes"]) {
    await runBuilt(["send", "-q", "orders", "--text", text], there);
  }
  await runBuilt(["send", "-q", "orders", "--text", "delayed", "--delay", "200ms"], there);
  for (const text of ["plain", "fails once", "crashes", "delayed"]) {
    await dev.printed(new RegExp(`done: ${text}`));
  }
  await dev.printed(/dead: Error: never/);
  const { values: letters } = await runBuiltJson(["dlq", "ls", "-q", "orders"], there);
  expect(letters).toMatchObject([{ reason: "failed", payload: "fails" }]);
  const { values: doctor, code } = await runBuiltJson(["doctor", "-q", "orders"], there);
  expect(doctor).not.toEqual([]);
  expect(code).toBe(0);
  const rest = { ...env, REDIS_URL: "" };
  const { values: stats } = await runBuiltJson(["stats", "-q", "orders"], rest);
  expect(stats).toMatchObject([{ ready: 0, dead: 1, parked: 0 }]);
  const { url = "" } = services.find(({ name }) => name === "dashboard") ?? {};
  expect(await queuePage(url, env.XDRAIN_TOKEN ?? "")).toContain("Overview · orders");
  dev.child.kill("SIGINT");
  expect((await dev.ended).code).toBe(0);
});

/** A queue's page in a dashboard, for who has the token. */
async function queuePage(url: string, token: string): Promise<string> {
  const signedIn = await fetch(`${url}/sign-in`, {
    method: "POST",
    body: new URLSearchParams({ token, next: "/dashboard/" }),
    headers: { origin: new URL(url).origin },
    redirect: "manual",
  });
  const [cookie = ""] = (signedIn.headers.get("set-cookie") ?? "").split(";");
  const page = await fetch(`${url}/queues/orders`, { headers: { cookie } });
  return page.text();
}

test("the packages of the line that dev names are enough, in a folder with nothing else", async () => {
  const folder = scratch();
  const installed = join(folder, "node_modules");
  const own = join(installed, "xdrain");
  mkdirSync(join(installed, "@hono"), { recursive: true });
  cpSync(dirname(dirname(builtEntry())), join(own, "dist"), { recursive: true });
  cpSync(join(import.meta.dirname, "../../package.json"), join(own, "package.json"));
  const link = (name: string) => symlinkSync(join(modules, name), join(installed, name));
  link("yargs");
  writeFileSync(
    join(folder, "ship.js"),
    'module.exports = ({ payload }) => console.log("shipped", payload.order);',
  );
  const xdrain = (args: readonly string[], env: Readonly<Record<string, string>>) =>
    startNode([join(own, "dist/cli/main.js"), ...args], {
      env: { ...withoutRedis, ...env },
      cwd: folder,
    });
  const args = ["dev", "-q", "orders", "--module", "./ship.js", "--json"];
  const { stderr } = await xdrain(args, {}).ended;
  const [, names = ""] = /npm install -D ([^.]+)\. /.exec(stderr) ?? [];
  names.split(" ").forEach(link);
  const dev = xdrain(args, {});
  const { env } = readyIn(await dev.printed(times(1, "loaded")));
  const sending = xdrain(["send", "-q", "orders", '{"order":17}'], {
    REDIS_URL: env.REDIS_URL ?? "",
  });
  expect(await sending.ended).toMatchObject({ code: 0, stderr: "" });
  await dev.printed(/shipped 17/);
  dev.child.kill("SIGINT");
  expect(await dev.ended).toMatchObject({ code: 0, stderr: "" });
});
