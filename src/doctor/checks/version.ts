import type { Check } from "../finding.ts";
import { redisCli } from "../words.ts";

const LEAST = 7;

/** A server that does not know what passes need. */
export const checkVersion: Check = ({ server: { info } }) => {
  const version = info?.get("redis_version");
  if (version === undefined || Number.parseInt(version, 10) >= LEAST) return [];
  return [
    {
      id: "server-too-old",
      severity: "problem",
      what: `The server is like Redis ${version}.`,
      why: `xdrain is made for ${LEAST}.0 and newer: older ones do not tell of entries that were trimmed.`,
      mend: `${redisCli("INFO", "server")}  # update it`,
    },
  ];
};
