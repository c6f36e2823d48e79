// Pages of a sorted set. A cursor names the last member and its score, so that a page goes on in the
// right place when that member has left the set meanwhile, or moved in it (it was tried again, and waits
// anew); members of its score may come twice then.

import { name, refuse } from "../expect.ts";
import { asArray, asNumber, asText } from "../redis/reply.ts";
import { cutPage, type Page } from "./page.ts";
import type { Reader } from "./reader.ts";

export interface Scored {
  readonly member: string;
  readonly score: number;
}

/** Markers in the parked set: of a pause, before all, and of the trim, behind them. */
const MARKERS = 2;

/** Members from the lowest score on, without markers: at most two round trips. */
export async function readByScore(
  reader: Reader,
  key: string,
  page: { readonly after: string | undefined; readonly count: number },
): Promise<Page<Scored>> {
  const first = page.after === undefined ? 0 : await rankBehind(reader, key, page.after);
  const last = first + page.count + MARKERS;
  const [reply] = await reader.ask(["ZRANGE", key, String(first), String(last), "WITHSCORES"]);
  const flat = asArray(reply ?? []);
  const members: Scored[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) {
    members.push({ member: asText(flat[i]), score: asNumber(flat[i + 1]) });
  }
  const shown = members.filter(({ member }) => !member.startsWith("xd:"));
  return cutPage(shown, page.count, ({ member, score }) => `${score}/${member}`);
}

async function rankBehind(reader: Reader, key: string, cursor: string): Promise<number> {
  const [, score, member] = /^(\d+)\/(.+)$/.exec(name("after", cursor)) ?? [];
  if (score === undefined || member === undefined) {
    refuse("after", "the `next` of another page", cursor);
  }
  const [rank, now, below] = await reader.ask(
    ["ZRANK", key, member],
    ["ZSCORE", key, member],
    ["ZCOUNT", key, "-inf", `(${score}`],
  );
  const stays = rank !== null && rank !== undefined && Number(now) === Number(score);
  return stays ? asNumber(rank) + 1 : asNumber(below);
}
