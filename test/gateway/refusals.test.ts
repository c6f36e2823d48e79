import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { createGateway, type Gateway } from "../../src/gateway/index.ts";
import { connectRaw, uniqueName } from "../support/redis.ts";
import { ask, fakeBackend, startGateway, TOKEN } from "./support.ts";

const headers = { authorization: `Bearer ${TOKEN}` };

function gatewayOver(options: { allowUnknown?: boolean; refuse?: string[] } = {}) {
  const backend = fakeBackend();
  return { backend, gateway: createGateway({ redis: backend, token: TOKEN, ...options }) };
}

/** The command through every door: the body, the path in each form, a pipeline, a transaction. */
async function throughEveryDoor(gateway: Gateway, command: readonly string[]): Promise<Response[]> {
  const post = (path: string, body: unknown, more = {}) =>
    gateway.fetch(
      new Request(`http://gateway${path}`, {
        method: "POST",
        headers: { ...headers, ...more },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    );
  const mixed = (text: string) =>
    [...text].map((letter, at) => (at % 2 ? letter.toLowerCase() : letter.toUpperCase())).join("");
  const path = `/${command.map(encodeURIComponent).join("/")}`;
  const hex = [...command[0]!].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join("");
  const rest = command.slice(1).map((argument) => `/${encodeURIComponent(argument)}`);
  const answers = [
    await post("/", command),
    await post(
      "/",
      command.map((word) => word.toLowerCase()),
    ),
    await post("/", command.map(mixed)),
    await post("/", command, { "upstash-encoding": "base64" }),
    await post("/", command, { "upstash-response-format": "resp2" }),
    await gateway.fetch(new Request(`http://gateway${path}`, { headers })),
    await gateway.fetch(new Request(`http://gateway${path.toLowerCase()}`, { headers })),
    await gateway.fetch(new Request(`http://gateway/${hex}${rest.join("")}`, { headers })),
    await post("/multi-exec", [["PING"], command]),
  ];
  if (command.length > 1) {
    // The last word as the raw body of a POST, and the words as parameters of the query.
    const before = command.slice(0, -1).map(encodeURIComponent).join("/");
    answers.push(await post(`/${before}`, command.at(-1)!));
    answers.push(await post(`/${command[0]}/${command[1]}?${command.slice(2).join("&")}`, ""));
  }
  const pipeline = await post("/pipeline", [command, command.map(mixed)]);
  expect(pipeline.status).toBe(200);
  for (const item of (await pipeline.json()) as object[]) {
    answers.push(new Response(JSON.stringify(item), { status: "error" in item ? 400 : 200 }));
  }
  return answers;
}

const REFUSED = [
  ...["BLPOP k 0", "BRPOP k 0", "BLMOVE a b LEFT LEFT 0", "BRPOPLPUSH a b 0", "BLMPOP 0 1 k LEFT"],
  ...["BZPOPMIN k 0", "BZPOPMAX k 0", "BZMPOP 0 1 k MIN", "WAIT 1 0", "WAITAOF 1 0 0"],
  ...["XREAD BLOCK 0 STREAMS s $", "XREAD COUNT 1 BLOCK 0 STREAMS s $"],
  ...[
    "XREADGROUP GROUP g c BLOCK 0 STREAMS s >",
    "XREADGROUP GROUP g c NOACK COUNT 5 BLOCK 0 STREAMS s >",
  ],
  ...[
    "MULTI",
    "EXEC",
    "DISCARD",
    "WATCH k",
    "UNWATCH",
    "SELECT 1",
    "AUTH p",
    "HELLO 3",
    "RESET",
    "QUIT",
  ],
  ...["SSUBSCRIBE c", "UNSUBSCRIBE c", "READONLY", "ASKING"],
  ...[
    "CONFIG GET maxmemory",
    "CONFIG SET dir x",
    "SHUTDOWN NOSAVE",
    "DEBUG SLEEP 0",
    "SAVE",
    "BGSAVE",
  ],
  ...[
    "BGREWRITEAOF",
    "REPLICAOF NO ONE",
    "SLAVEOF NO ONE",
    "CLUSTER INFO",
    "FAILOVER",
    "SWAPDB 0 1",
  ],
  ...["ACL SETUSER u", "ACL LIST", "CLIENT KILL TYPE normal", "CLIENT REPLY OFF", "CLIENT PAUSE 1"],
  ...["MODULE LOAD x", "MIGRATE h 1 k 0 1", "SYNC", "PSYNC a 1", "LATENCY RESET", "SLOWLOG GET"],
  ...[
    "SCRIPT KILL",
    "SCRIPT DEBUG YES",
    "FUNCTION KILL",
    "MEMORY PURGE",
    "ROLE",
    "PFDEBUG GETREG k",
  ],
  ...[
    "RESTORE-ASKING k 0 x",
    "REPLCONF a b",
    "NOSUCHCOMMAND a",
    "XINFO NOSUCH s",
    "XREAD NEWOPTION 1 BLOCK 0",
  ],
];

test.each(REFUSED)("%s reaches Redis through no door", async (line) => {
  const { backend, gateway } = gatewayOver();
  for (const answer of await throughEveryDoor(gateway, line.split(" "))) {
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("ERR Command is not available: '");
  }
  expect(backend.seen).toEqual([]);
});

test.each(["SUBSCRIBE c", "PSUBSCRIBE c", "MONITOR"])(
  "%s is a stream, not a command",
  async (line) => {
    const { backend, gateway } = gatewayOver({ allowUnknown: true });
    const command = line.split(" ");
    for (const [path, body] of [
      ["/", command],
      ["/pipeline", [command]],
      ["/multi-exec", [command]],
    ] as const) {
      const answer = await gateway.fetch(
        new Request(`http://gateway${path}`, {
          method: "POST",
          headers,
          body: JSON.stringify(body),
        }),
      );
      expect(await answer.text()).toContain(`ERR Command is not available: '${command[0]}'`);
    }
    expect(backend.seen).toEqual([]);
    expect(backend.listeners).toEqual([]);
  },
);

describe("a gateway that lets unknown commands through", () => {
  const known = REFUSED.filter((line) => !line.includes("NOSUCH"));
  test.each(known)("still refuses %s", async (line) => {
    const { backend, gateway } = gatewayOver({ allowUnknown: true });
    for (const answer of await throughEveryDoor(gateway, line.split(" "))) {
      expect(answer.status).toBe(400);
    }
    expect(backend.seen).toEqual([]);
  });

  test("passes them on, to read-write tokens only", async () => {
    const backend = fakeBackend();
    const gateway = createGateway({
      redis: backend,
      allowUnknown: true,
      tokens: [
        { token: TOKEN, access: "read-write" },
        { token: "reader", access: "read-only" },
      ],
    });
    const path = "http://gateway/ft.search/index/*";
    const refused = await gateway.fetch(
      new Request(path, { headers: { authorization: "Bearer reader" } }),
    );
    expect(refused.status).toBe(400);
    expect(backend.seen).toEqual([]);
    expect((await gateway.fetch(new Request(path, { headers }))).status).toBe(200);
    expect(backend.seen).toEqual([["FT.SEARCH", "index", "*"]]);
  });
});

test("a gateway refuses what its owner refuses beside", async () => {
  const { backend, gateway } = gatewayOver({ refuse: ["flushall", "SCRIPT FLUSH"] });
  for (const line of ["FLUSHALL", "FLUSHALL ASYNC", "SCRIPT FLUSH", "script flush SYNC"]) {
    for (const answer of await throughEveryDoor(gateway, line.split(" "))) {
      expect(answer.status).toBe(400);
    }
  }
  expect(backend.seen).toEqual([]);
  await gateway.fetch(new Request("http://gateway/script/exists/x", { headers }));
  expect(backend.seen).toEqual([["SCRIPT", "exists", "x"]]);
});

describe("streams and groups named after options", () => {
  const raw = connectRaw(inject("redisUrl"));
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(async () => {
    await gateway.close();
    raw.disconnect();
  });

  test("are read", async () => {
    const tag = uniqueName();
    for (const name of ["BLOCK", "STREAMS"]) {
      const stream = `${name}`;
      await raw.del(stream);
      await raw.xadd(stream, "1-1", "tag", tag);
      const read = await ask(gateway, "/", { body: ["XREAD", "COUNT", 1, "STREAMS", stream, "0"] });
      expect(read.json).toEqual({ result: [[stream, [["1-1", ["tag", tag]]]]] });
      await raw.xgroup("CREATE", stream, "BLOCK", "0");
      const body = ["XREADGROUP", "GROUP", "BLOCK", "STREAMS", "STREAMS", stream, ">"];
      const grouped = await ask(gateway, "/", { body });
      expect(grouped.json).toEqual({ result: [[stream, [["1-1", ["tag", tag]]]]] });
      await raw.del(stream);
    }
  });
});
