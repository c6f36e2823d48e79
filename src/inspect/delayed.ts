import { onlyKnown } from "../expect.ts";
import { RAW_FIELD } from "../fields.ts";
import { asArray } from "../redis/reply.ts";
import { type Page, pageSize, shownChars } from "./page.ts";
import type { WaitingOptions } from "./parked.ts";
import { type Content, describeContent } from "./payload.ts";
import type { Reader } from "./reader.ts";
import { readByScore, type Scored } from "./scores.ts";
import { readInSlices } from "./slices.ts";

/** A message that was sent and is not due yet. */
export interface DelayedEntry extends Content {
  /** The id that `send` returned. */
  readonly id: string;
  readonly dueAt: Date;
}

export interface DelayedOptions extends WaitingOptions {
  /** How much of each payload is shown. @default 2,000 */
  readonly payloadChars?: number;
}

/**
 * What is due first comes first; at most four round trips. The page is shorter than asked for where
 * payloads are large.
 */
export async function readDelayed(
  reader: Reader,
  options: DelayedOptions = {},
): Promise<Page<DelayedEntry>> {
  onlyKnown("delayed", options, ["after", "count", "payloadChars"]);
  const chars = shownChars(options.payloadChars);
  const { after } = options;
  const { delayed, bodies } = reader.keys;
  const page = await readByScore(reader, delayed, { after, count: pageSize(options.count) });
  let read = 0;
  const { items } = await readInSlices<Scored & { readonly body: string | undefined }>(
    page.items.length,
    {
      sizeOf: ({ body }) => body?.length ?? 0,
      async read(_last, most) {
        const some = page.items.slice(read, read + most);
        read += some.length;
        if (some.length === 0) return [];
        const [reply] = await reader.ask(["HMGET", bodies, ...some.map(({ member }) => member)]);
        const found = asArray(reply ?? []);
        return some.map((one, i) => ({ ...one, body: textOf(found[i]) }));
      },
    },
  );
  const entries = items.map(({ member, score, body }) => ({
    id: member,
    dueAt: new Date(score),
    ...describeBody(body, reader.queue.keyField, chars),
  }));
  const last = items.at(-1);
  const cut = last !== undefined && items.length < page.items.length;
  return { items: entries, next: cut ? `${last.score}/${last.member}` : page.next };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A body is the due time, and the fields behind their lengths (send-checked.lua). */
export function describeBody(body: string | undefined, keyField: string, chars: number): Content {
  const fields = body === undefined ? [] : [RAW_FIELD, body.slice(body.indexOf(";") + 1)];
  const content = describeContent(fields, keyField, chars);
  if (body !== undefined) return content;
  return { ...content, payload: "", payloadLength: 0, problem: "Its content is gone." };
}
