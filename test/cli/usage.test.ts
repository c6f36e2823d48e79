import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { commands } from "../../src/cli/commands/index.ts";
import { CommandError, explained } from "../../src/cli/errors.ts";
import { StoreError } from "../../src/index.ts";
import { run, runBuilt } from "./support/run.ts";

const NOWHERE = {};
const UNREACHABLE = "redis://:hidden-password@127.0.0.1:1";

test("help names every command with what it does, and ends with 0", async () => {
  const { code, stdout, stderr } = await runBuilt(["--help"], NOWHERE);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const name of ["send", "drain", "dlq", "pause", "resume", "replay", "cancel", "repair"]) {
    expect(stdout).toMatch(new RegExp(`^  xdrain ${name}\\b.* [A-Z]`, "m"));
  }
});

test("every command has help with an example and --json", async () => {
  for (const words of commandNames()) {
    const { code, stdout } = await run([...words, "--help"], NOWHERE);
    expect(code).toBe(0);
    expect(stdout, words.join(" ")).toMatch(/--json/);
    expect(stdout, words.join(" ")).toMatch(new RegExp(`Examples:\\n +xdrain ${words.join(" ")}`));
  }
});

test("the version is the package's", async () => {
  const { code, stdout } = await runBuilt(["--version"], NOWHERE);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each([
  [[], "Expected a command"],
  [["frobnicate"], "Unknown"],
  [["dlq"], "Expected one of the commands of `dlq`"],
  [["pause", "-q", "orders", "--frobnicate"], "Unknown argument: frobnicate"],
  [["pause"], "Expected --queue"],
  [["pause", "-q", "orders", "-q", "mails"], "Expected --queue once"],
  [["pause", "-q", "orders"], "set UPSTASH_REDIS_REST_URL"],
  [["pause", "-q", "orders", "--redis", "http://x"], "begin with redis://"],
  [["pause", "-q", "orders", "--url", "http://x"], "set UPSTASH_REDIS_REST_TOKEN"],
  [["pause", "-q", "orders", "--url", "http://x", "--redis", "redis://x"], "got both"],
  [["pause", "-q", "a}b", "--redis", UNREACHABLE], "Expected --stream to be a name"],
  [["replay", "-q", "orders", "--redis", UNREACHABLE], "from"],
  [["replay", "-q", "orders", "--from", "soon", "--redis", UNREACHABLE], "Expected --from"],
  [["cancel", "-q", "orders", "--redis", UNREACHABLE], "Not enough"],
  [["pause", "-q", "orders", "--", "more"], "Expected nothing behind --"],
  [["completion", "tcsh"], "Choices"],
  [["dlq", "redrive", "-q", "orders", "--all", "--rate", "--dry-run"], "following: rate"],
  [["dlq", "purge", "-q", "orders", "--yes", "--reason"], "following: reason"],
  [["show", "-q", "orders", "soon", "--redis", UNREACHABLE], "Expected `id` to be the id"],
] as const)("xdrain %j is refused with 2 and one line", async (args, text) => {
  const { code, stdout, stderr } = await run([...args], NOWHERE);
  expect(stdout).toBe("");
  expect(stderr).toContain(text);
  expect(stderr).toMatch(/^xdrain: .+\n$/);
  expect(stderr).not.toContain("hidden-password");
  expect(code).toBe(2);
});

test("an unreachable Redis fails with 1, and its password does not show", async () => {
  const { code, stdout, stderr } = await runBuilt(
    ["pause", "-q", "orders", "--redis", UNREACHABLE],
    {},
  );
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^xdrain: Redis could not be reached.*\n$/);
  expect(stderr).not.toContain("hidden-password");
  expect(code).toBe(1);
});

test("a misplaced secret does not show in the error about it", async () => {
  const { code, stderr } = await run(["pause", "redis://:hidden-password@host"], {});
  expect(code).toBe(2);
  expect(stderr).not.toContain("hidden-password");
});

test("with --json an error is one JSON value on stderr", async () => {
  const { code, stdout, stderr } = await runBuilt(["pause", "--json"], NOWHERE);
  expect(stdout).toBe("");
  expect(JSON.parse(stderr)).toEqual({
    error: { code: "wrong_usage", message: expect.stringContaining("Expected --queue") },
  });
  expect(code).toBe(2);
});

test("completion prints a script, and the words that it asks for", async () => {
  const script = await runBuilt(["completion", "bash"], NOWHERE);
  expect(script.stdout).toContain("complete -o bashdefault");
  const bash = spawnSync("bash", ["-n"], { input: script.stdout, encoding: "utf8" });
  expect(bash).toMatchObject({ status: 0, stderr: "" });
  const words = await runBuilt(["--get-yargs-completions", "xdrain", "pa"], NOWHERE);
  expect(words.stdout.split("\n")).toContain("pause");
  const flags = await runBuilt(["--get-yargs-completions", "xdrain", "pause", "--qu"], NOWHERE);
  expect(flags.stdout.split("\n")).toContain("--queue");
});

test("an unreachable Redis is told with what lies beneath", async () => {
  const { stderr } = await run(["pause", "-q", "orders", "--redis", UNREACHABLE], {});
  expect(stderr).toMatch(/ The cause: connect ECONNREFUSED 127\.0\.0\.1:1\n$/);
  const https = ["--url", "https://nowhere.invalid", "--token", "hidden-password"];
  const overRest = await run(["stats", "-q", "orders", ...https, "--json"], {});
  expect(JSON.parse(overRest.stderr)).toMatchObject({
    error: { message: expect.stringMatching(/ The cause: getaddrinfo .* nowhere\.invalid$/) },
  });
  expect(overRest.stderr).not.toContain("hidden-password");
});

test("an error of TLS is told by its name, and a store's own error has nothing beneath", () => {
  const tls = Object.assign(new Error("40AD:error:../deps/ssl.c"), { code: "ERR_SSL_WRONG" });
  const lost = new StoreError("store_unavailable", "Lost.", {
    cause: new Error("", { cause: tls }),
  });
  expect(explained(lost)).toBe("Lost. The cause: ERR_SSL_WRONG");
  const wrapped = new CommandError("Two are stored.", {}, lost);
  expect(explained(wrapped)).toBe("Two are stored. The cause: ERR_SSL_WRONG");
  expect(explained(new StoreError("store_full", "Full.", {}))).toBe("Full.");
  expect(explained(new CommandError("Failed.", {}, tls))).toBe("Failed.");
});

/** The words that name each command, those of groups included. */
function commandNames(): (readonly string[])[] {
  return commands.flatMap((command) => command.names);
}
