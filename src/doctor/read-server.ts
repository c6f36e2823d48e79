import type { Store } from "../store.ts";
import type { ServerFacts } from "./facts.ts";
import type { Look } from "./look.ts";
import { infoNumber, readClients, readInfo, readSetting, readUser } from "./server.ts";

/** More clients than this are not listed: each is a line of three hundred characters. */
const MOST_CLIENTS = 1_000;

/** All but the clock, which comes with the statistics. */
export async function readServer(look: Look): Promise<Omit<ServerFacts, keyof ClockFacts>> {
  const asked = look.ask({
    command: ["INFO"],
    about: "memory, persistence and replicas",
    read: readInfo,
  });
  const told = asked.then((info) => noteSilence(look, info));
  const [info, snapshots, user, clients] = await Promise.all([
    asked,
    look.ask({
      command: ["CONFIG", "GET", "save"],
      about: "when snapshots are made",
      read: readSetting,
    }),
    readRights(look),
    told.then((info) => listClients(look, info)),
  ]);
  return { info, snapshots, user, clients };
}

/** What the checks go by, in sections that a server may leave out of its INFO. */
const GO_BY: Readonly<Record<string, string>> = {
  maxmemory_policy: "whether it evicts",
  used_memory: "how full the memory is",
  aof_enabled: "whether it keeps anything on disk",
  connected_slaves: "whether it has replicas",
};

function noteSilence(look: Look, info: ServerFacts["info"]): ServerFacts["info"] {
  if (info === undefined) return undefined;
  for (const [field, what] of Object.entries(GO_BY)) {
    const isReplica = field === "connected_slaves" && info.get("role") === "slave";
    if (!info.has(field) && !isReplica) look.leave(what, `INFO does not tell ${field}`);
  }
  return info;
}

async function readRights(look: Look) {
  const name = await look.ask({
    command: ["ACL", "WHOAMI"],
    about: "the name of the user",
    read: String,
  });
  if (name === undefined) return undefined;
  return look.ask({
    command: ["ACL", "GETUSER", name],
    about: "what the token may do",
    read: (reply) => readUser(name, reply),
  });
}

async function listClients(look: Look, info: ServerFacts["info"]) {
  const connected = infoNumber(info, "connected_clients");
  const about = "which clients are connected";
  if (connected === undefined || connected > MOST_CLIENTS) {
    const why = connected === undefined ? "how many is not known" : `there are ${connected}`;
    look.leave(about, `not listed: ${why}, and a list has a line for each`);
    return undefined;
  }
  return look.ask({
    command: ["CLIENT", "LIST", "TYPE", "normal"],
    about,
    read: readClients,
  });
}

export type ClockFacts = Pick<ServerFacts, "now" | "aheadMs" | "roundTripMs">;

/** How far the server's clock is ahead, as seen from a request that took from `asked` until now. */
export function compareClocks(store: Pick<Store, "now">, asked: number, now: number): ClockFacts {
  const answered = store.now();
  return {
    now,
    aheadMs: Math.round(now - (asked + answered) / 2),
    roundTripMs: Math.max(0, answered - asked),
  };
}
