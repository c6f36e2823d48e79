import type { Facts } from "../facts.ts";
import type { Check, Finding } from "../finding.ts";
import { infoNumber } from "../server.ts";
import { redisCli } from "../words.ts";

/** What is left after the server, or its machine, has died. */
export const checkDurability: Check = (facts) => [...persistence(facts), ...replicas(facts)];

function persistence({ server: { info, snapshots } }: Facts): Finding[] {
  const appends = info?.get("aof_enabled");
  if (appends === undefined) return [];
  const failing =
    info?.get("aof_last_write_status") === "err" || info?.get("rdb_last_bgsave_status") === "err";
  if (failing) {
    return [
      {
        id: "persistence-failing",
        severity: "problem",
        what: "Redis could not write to its disk the last time.",
        why: "What was sent since then is gone when the server restarts; and Redis may refuse writes (MISCONF).",
        mend: `${redisCli("INFO", "persistence")}  # is the disk full?`,
      },
    ];
  }
  if (appends === "1") return [];
  const mend = `${redisCli("CONFIG", "SET", "appendonly", "yes")}  # and CONFIG REWRITE, so that it stays; at a provider, in its console`;
  const made = infoNumber(info, "rdb_saves");
  if (snapshots === "" || (snapshots === undefined && made === 0)) {
    const certain = snapshots === "";
    return [
      {
        id: "persistence-off",
        severity: certain ? "problem" : "warning",
        what: certain
          ? "Redis keeps nothing on disk: no append-only file, no snapshots."
          : "Redis writes no append-only file, and has made no snapshot since it started.",
        why: "A restart loses every message, the sent ones that were confirmed too.",
        mend,
      },
    ];
  }
  return [
    {
      id: "persistence-by-snapshots",
      severity: "warning",
      what: `Redis keeps snapshots alone${snapshots === undefined ? "" : ` (save ${snapshots})`}, and no append-only file.`,
      why: "A crash loses what was sent and done since the last snapshot: minutes, often.",
      mend,
    },
  ];
}

function replicas({ server: { info } }: Facts): Finding[] {
  const role = info?.get("role");
  if (role === "slave") {
    return [
      {
        id: "connected-to-replica",
        severity: "problem",
        what: "This Redis is a replica.",
        why: "It refuses every send and every pass, and what it shows may be old.",
        mend: `${redisCli("INFO", "replication")}  # connect to the master that it names`,
      },
    ];
  }
  if (role !== "master" || infoNumber(info, "connected_slaves") !== 0) return [];
  return [
    {
      id: "no-replica",
      severity: "warning",
      what: "Redis has no replica.",
      why: "When its machine dies, the queue stands still until it is back; when its disk dies, the messages are gone.",
      mend: `${redisCli("-h", "REPLICA", "REPLICAOF", "HOST", "PORT")}  # on a second server, with this one's address; at a provider, in its console`,
    },
  ];
}
