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
  const [info, snapshots, user, clients] = await Promise.all([
    asked,
    look.ask({
      command: ["CONFIG", "GET", "save"],
      about: "when snapshots are made",
      read: readSetting,
    }),
    readRights(look),
    asked.then((told) => listClients(look, told)),
  ]);
  return { info, snapshots, user, clients };
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
  if (connected === undefined || connected > MOST_CLIENTS) return undefined;
  return look.ask({
    command: ["CLIENT", "LIST", "TYPE", "normal"],
    about: "which clients are connected",
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
