import { readInfo } from "../server.ts";
import type { Scratch } from "./scratch.ts";

/** Something that a server can do or not. */
export interface Ability {
  readonly name: string;
  readonly value: string;
  /** False where passes need it and it is not there. */
  readonly enough: boolean;
}

type Probe = (scratch: Scratch) => Promise<Ability>;

/** Finds out what the server can do, by trying it. */
export async function probe(scratch: Scratch): Promise<readonly Ability[]> {
  const abilities: Ability[] = [];
  for (const one of PROBES) abilities.push(await one(scratch));
  return abilities;
}

const PROBES: readonly Probe[] = [
  version,
  scripts,
  (scratch) =>
    flag(scratch, "allow-oom", "scripts drain a full memory", "a full memory is drained by hand"),
  (scratch) =>
    flag(scratch, "allow-key-locking", "scripts lock only their keys", "as on plain Redis"),
  clock,
  unpacking,
  counters,
  deletedIds,
  pendingLimit,
];

async function version(scratch: Scratch): Promise<Ability> {
  const answer = await scratch.try("INFO", "server");
  const info = answer.ok ? readInfo(answer.reply) : new Map<string, string>();
  const make = info.has("valkey_version") ? "Valkey" : "Redis";
  const number = info.get("valkey_version") ?? info.get("redis_version");
  return {
    name: "server",
    value: number === undefined ? "does not tell its version" : `${make} ${number}`,
    enough: number === undefined || Number.parseInt(number, 10) >= 7,
  };
}

const NAMED = "return 'xdrain'";

async function scripts(scratch: Scratch): Promise<Ability> {
  const ran = await scratch.try("EVAL", NAMED, "0");
  const again = await scratch.try("EVALSHA", await sha1(NAMED), "0");
  const value = again.ok
    ? "yes: scripts are sent once, then named"
    : ran.ok
      ? "no: each call carries its script"
      : `no scripts at all: ${reasonOf(ran.message)}`;
  return { name: "EVALSHA", value, enough: ran.ok };
}

async function flag(scratch: Scratch, name: string, yes: string, no: string): Promise<Ability> {
  const answer = await scratch.try("EVAL", `#!lua flags=${name}\nreturn 1`, "0");
  return {
    name: `flag ${name}`,
    value: answer.ok ? `taken: ${yes}` : `not taken: ${no}`,
    enough: true,
  };
}

async function clock(scratch: Scratch): Promise<Ability> {
  const answer = await scratch.try("EVAL", "return redis.call('TIME')[1]", "0");
  return {
    name: "TIME in scripts",
    value: answer.ok ? "yes" : reasonOf(answer.message),
    enough: answer.ok,
  };
}

/** How many values a script may unpack; the scripts need 800. */
const SIZES = ["800", "1000", "2000", "4000", "7999"];
const UNPACK = [
  "local t={} for i=1,tonumber(ARGV[1]) do t[i]='x' end",
  "return select('#',unpack(t))",
].join(" ");

async function unpacking(scratch: Scratch): Promise<Ability> {
  let most = "0";
  for (const size of SIZES) {
    const answer = await scratch.try("EVAL", UNPACK, "0", size);
    if (!answer.ok) break;
    most = size;
  }
  return { name: "unpack", value: `at least ${most} values`, enough: Number(most) >= 800 };
}

async function counters(scratch: Scratch): Promise<Ability> {
  const stream = `{${scratch.name}}:counters`;
  await scratch.call("XADD", stream, "*", "a", "1");
  const info = (await scratch.call("XINFO", "STREAM", stream)) as unknown[];
  const there = info.includes("entries-added");
  return {
    name: "entries-added",
    value: there ? "yes: trims by others are found" : "no: trims by others are not found",
    enough: there,
  };
}

async function deletedIds(scratch: Scratch): Promise<Ability> {
  const stream = `{${scratch.name}}:deleted`;
  await scratch.call("XADD", stream, "1-1", "a", "1");
  await scratch.call("XGROUP", "CREATE", stream, "g", "0");
  await scratch.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", stream, ">");
  await scratch.call("XDEL", stream, "1-1");
  const idle = (await scratch.call(
    "XPENDING",
    stream,
    "g",
    "IDLE",
    "0",
    "-",
    "+",
    "9",
  )) as unknown[];
  await scratch.call("XCLAIM", stream, "g", "d", "0", "1-1", "JUSTID");
  const left = (await scratch.call("XPENDING", stream, "g", "-", "+", "9")) as unknown[];
  const enough = idle.length === 1 && left.length === 0;
  return {
    name: "XPENDING and XCLAIM",
    value: enough ? "find entries that are gone" : "do not find entries that are gone",
    enough,
  };
}

const MANY = "1200";
const READ_MANY = [
  "for i=1,tonumber(ARGV[1]) do redis.call('XADD',KEYS[1],'*','a','') end",
  "redis.call('XGROUP','CREATE',KEYS[1],'g','0')",
  "local r=redis.pcall('XREADGROUP','GROUP','g','c','COUNT',ARGV[1],'STREAMS',KEYS[1],'>')",
  "if r.err then return r.err end return 'none'",
].join(" ");

async function pendingLimit(scratch: Scratch): Promise<Ability> {
  const reply = await scratch.try("EVAL", READ_MANY, "1", `{${scratch.name}}:many`, MANY);
  const text = reply.ok ? String(reply.reply) : reply.message;
  const limit = /Limit: (\d+)/i.exec(text)?.[1];
  return {
    name: "pending entries",
    value:
      limit !== undefined
        ? `${limit} a consumer: a pass claims less at once`
        : text === "none"
          ? `no limit up to ${MANY} a consumer`
          : reasonOf(text),
    enough: limit !== undefined ? Number(limit) >= 100 : text === "none",
  };
}

function reasonOf(message: string): string {
  return message.split("\n", 1)[0]?.slice(0, 120) ?? "";
}

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
