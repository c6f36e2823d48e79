import { StoreError } from "../errors.ts";
import {
  type AsideReason,
  type KnownItem,
  refusedList,
  type SetAside,
  type SliceReply,
  type SliceRequest,
} from "../list-slice.ts";
import type { Store, StoreQueue } from "../store.ts";
import { serverError } from "./errors.ts";
import { importLua } from "./lua.generated.ts";
import { asNumber, asText, asTexts, malformed } from "./reply.ts";
import { callOf, defineScript, type ScriptCall } from "./script.ts";
import { declaredBy } from "./send.ts";
import type { ScriptRunner } from "./store.ts";

/** Moves the oldest items of lists into the stream, and shows the ones behind them. */
export const importListScript = defineScript("import-list", {
  keys: ["stream", "sent_key"],
  fragments: ["add", "text"],
  apart: [importLua["import-items"], importLua["import-plan"], importLua["import-list"]],
});

/** What a store over Redis does for importList. */
export function slicesOverRedis(store: ScriptRunner): NonNullable<Store["importSlice"]> {
  return async (queue, request, limits) => {
    const makeCall = (rememberMs: number) => importListCall(queue, request, rememberMs);
    const resent = await store.runScript(makeCall, limits);
    return readSliceReply(resent.reply, request, resent, queue);
  };
}

export function importListCall(
  queue: StoreQueue,
  request: SliceRequest,
  rememberMs: number,
): ScriptCall {
  return callOf(
    importListScript,
    queue,
    {
      group: queue.group,
      start: queue.start,
      oldest: request.oldest,
      check: request.check ? 1 : 0,
      expected: request.expected,
      may_move: request.mayMove,
      may_set_aside: request.maySetAside,
      show: request.show,
      show_bytes: request.showBytes,
      max_item: request.maxItem,
      slice: request.slice,
      remember: rememberMs,
      declared: declaredBy(queue),
    },
    {
      sent: request.importId,
      keys: request.lists.flatMap((list) => [list, refusedList(list)]),
      list: request.known.flatMap(knownArgs),
    },
  );
}

/** An item travels once: where a field holds it unchanged, the script puts it there. */
function knownArgs({ text, fields = [] }: KnownItem): string[] {
  const own = fields.lastIndexOf(text);
  const values = own === -1 ? fields : fields.with(own, "");
  return [text, String(own + 1), String(fields.length), ...values];
}

function readSliceReply(
  reply: readonly unknown[],
  request: SliceRequest,
  answer: { readonly requests: number; readonly unanswered: boolean },
  queue: StoreQueue,
): SliceReply {
  const [moved = "", aside = ""] = asText(reply[2]).split("|");
  const text = asText(reply[3]);
  return {
    moved: request.lists.map((_, i) => Number(moved.split(" ")[i] ?? 0)),
    setAside: aside === "" ? [] : aside.split(" ").map(readSetAside),
    error: text === "" ? undefined : sliceError(text, request, answer, queue),
    shown: asTexts(reply[4]),
    left: asNumber(reply[5]) === 1,
    at: asNumber(reply[6]),
    bill: { requests: answer.requests, commands: asNumber(reply[1]) },
  };
}

function readSetAside(row: string): SetAside {
  const [list, reason = "", bytes] = row.split(":");
  return { list: Number(list), reason: readReason(reason), bytes: Number(bytes) };
}

function readReason(text: string): AsideReason {
  if (text === "size" || text === "utf8") return text;
  if (/^\d+$/.test(text)) return Number(text);
  throw malformed("a reason", text);
}

function sliceError(
  text: string,
  { lists }: SliceRequest,
  { requests, unanswered }: { readonly requests: number; readonly unanswered: boolean },
  { stream, group }: StoreQueue,
): StoreError {
  const wrong = /^WRONGTYPE key (\d+) holds a (\w+)$/.exec(text);
  if (wrong !== null) {
    const at = Number(wrong[1]);
    const expected = at === 0 ? `"${stream}" to be a stream` : `"${lists[at - 1]}" to be a list`;
    const message = `Expected ${expected}, it holds a ${wrong[2]}. Nothing was moved.`;
    return new StoreError("store_wrong_type", message, { requests });
  }
  if (text === "NOGROUP yet") {
    const why = `it would be made behind what is imported, because the queue starts at "$"`;
    const message = `Expected the group "${group}" to be there: ${why}. Run a pass first, or say start: "0".`;
    return new StoreError("store_refused", message, { requests });
  }
  return serverError(text, requests, unanswered);
}
