import { asArray, asNumber, asText, asTexts } from "../redis/reply.ts";
import type { NeighbourFacts } from "./facts.ts";
import type { Look } from "./look.ts";

const SLICE = "200";
/** How many of the names are looked at more closely. */
const MOST_CLOSELY = 40;

/** Other keys of the database, from one slice of its names. */
export async function readNeighbours(
  look: Look,
  own: readonly string[],
): Promise<NeighbourFacts | undefined> {
  const slice = await look.ask({
    command: ["SCAN", "0", "COUNT", SLICE],
    about: "what else is in the database",
    read: (reply) => {
      const [cursor, names] = asArray(reply);
      return { all: asText(cursor) === "0", names: asTexts(names) };
    },
  });
  if (slice === undefined) return undefined;
  const others = slice.names.filter((name) => !own.includes(name) && !isOurs(name));
  const closely = others.slice(0, MOST_CLOSELY);
  const looked = await Promise.all(closely.map((key) => lookAt(look, key)));
  return {
    seen: others.length,
    all: slice.all,
    streams: closely.filter((_, i) => looked[i]?.type === "stream"),
    expiring: looked.filter(({ type, leftMs }) => type !== "stream" && leftMs > 0).length,
  };
}

async function lookAt(look: Look, key: string) {
  const about = "the types of other keys";
  const [type, left] = await Promise.all([
    look.ask({ command: ["TYPE", key], about, read: asText }),
    look.ask({ command: ["PTTL", key], about, read: asNumber }),
  ]);
  return { type, leftMs: left ?? -1 };
}

/** Keys that xdrain makes beside streams. */
function isOurs(name: string): boolean {
  return name.includes(":xd:") || name.startsWith("xdrain:nonce:");
}
