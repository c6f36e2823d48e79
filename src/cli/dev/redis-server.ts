import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { CommandError } from "../errors.ts";
import type { Terminal } from "../terminal.ts";
import type { Service } from "./service.ts";

const STARTS_WITHIN_MS = 10_000;

/** Starts a redis-server on a free loopback port. @param data its folder; default: it keeps nothing */
export async function startServer(
  program: string,
  data: string | undefined,
  env: Terminal["env"],
): Promise<Service> {
  const folder = data === undefined ? mkdtempSync(join(tmpdir(), "xdrain-dev-")) : resolve(data);
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const durable = data === undefined ? "no" : "yes";
  const child = spawn(
    program,
    [
      ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
      ...["--save", "", "--appendonly", durable],
    ],
    { stdio: "ignore", detached: true, env },
  );
  const end = () => child.kill("SIGTERM");
  process.once("exit", end);
  const ended = new Promise<void>((done) => {
    child.once("exit", () => done());
    child.once("error", () => done());
  });
  const close = async () => {
    process.off("exit", end);
    end();
    await ended;
    if (data === undefined) rmSync(folder, { recursive: true, force: true });
  };
  if (!(await accepts(port, ended))) {
    await close();
    throw new CommandError(`${program} did not start.`);
  }
  const kept = data === undefined ? "keeps nothing after this command" : `its data is in ${data}`;
  const note = `${basename(program)} of the PATH; ${kept}`;
  return { name: "redis", url: `redis://127.0.0.1:${port}`, note, close, ended };
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}

async function accepts(port: number, ended: Promise<void>): Promise<boolean> {
  let gone = false;
  void ended.then(() => {
    gone = true;
  });
  const until = performance.now() + STARTS_WITHIN_MS;
  while (!gone && performance.now() < until) {
    if (await ping(port)) return true;
    await wait(20);
  }
  return false;
}

/** While it loads its data it answers something else. */
function ping(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    socket.once("data", (data) => {
      socket.destroy();
      done(data.toString().startsWith("+PONG"));
    });
    socket.once("error", () => done(false));
  });
}
