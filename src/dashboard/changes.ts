// What can be done to a queue. Each change says where to go on, and which sentence is shown there.

import type { Duration } from "../duration.ts";
import { OptionError } from "../errors.ts";
import { claim } from "../inspect/claim.ts";
import type { Viewed } from "./options.ts";
import { Refusal } from "./refusal.ts";

export interface Done {
  /** The page of the queue to go on at. */
  readonly page: readonly string[];
  /** The name of the sentence that is shown. */
  readonly done: string;
  readonly count?: number;
  /** Of how many that were asked for. */
  readonly of?: number;
}

type Change = (viewed: Viewed, form: URLSearchParams) => Promise<Done>;

export const CHANGES: Readonly<Record<string, Change>> = {
  async pause({ queue }) {
    await queue.pause();
    return { page: [], done: "paused" };
  },

  async resume({ queue }) {
    await queue.resume();
    return { page: [], done: "resumed" };
  },

  async cancel({ queue }, form) {
    const wasThere = await queue.cancel(form.get("id") ?? "");
    return { page: ["delayed"], done: wasThere ? "cancelled" : "not-cancelled" };
  },

  "dead-letters": changeLetters,

  async claim({ queue }, form) {
    const to = form.get("to");
    if (to !== "parked" && to !== "dead") throw new Refusal(400, "There is no such change.");
    const id = form.get("id") ?? "";
    const { outcome } = await claim(queue, id, { to });
    return { page: ["messages", id], done: `claim-${outcome}` };
  },

  async replay({ queue }, form) {
    await queue.replay({
      from: startOf(form.get("from") ?? ""),
      repeatDone: form.get("repeat") === "on",
    });
    return { page: ["messages"], done: "replayed" };
  },
};

/** Redrives or removes what was ticked, or redrives all that was shown. */
async function changeLetters({ queue }: Viewed, form: URLSearchParams): Promise<Done> {
  const page = ["dead-letters"];
  const change = form.get("change");
  const shown = (form.get("shown") ?? "").split(" ").filter((id) => id !== "");
  const ids = change === "redrive-shown" ? shown : form.getAll("id");
  if (ids.length === 0) return { page, done: "nothing" };
  if (change === "remove") {
    return { page, done: "removed", count: await queue.deadLetters.remove(ids), of: ids.length };
  }
  if (change !== "redrive" && change !== "redrive-shown") {
    throw new Refusal(400, "There is no such change.");
  }
  const sent = await queue.deadLetters.redrive(ids);
  const count = sent.filter((id) => id !== undefined).length;
  return { page, done: "redriven", count, of: ids.length };
}

/** Sends what was typed. @throws XdrainError for what cannot be sent, or was not. */
export async function sendDraft({ queue }: Viewed, form: URLSearchParams): Promise<Done> {
  const payload = parsePayload(form.get("payload") ?? "");
  const key = form.get("key") ?? "";
  const delay = form.get("delay")?.trim() ?? "";
  const { id } = await queue.send(payload, {
    ...(key !== "" && { idempotencyKey: key }),
    ...(delay !== "" && { delay: delay as Duration }),
  });
  // Of a duplicate without `deduplicate` the id is not known.
  return { page: id === "" ? [] : ["messages", id], done: "sent" };
}

function parsePayload(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new OptionError("Expected the payload to be JSON. Text needs its quotation marks.");
  }
}

/** As the pages show times: in UTC, where nothing else is said. */
const TIME =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?(?: ?(?:(Z|[+-]\d\d:\d\d)|UTC))?$/;

function startOf(text: string): `${number}-${number}` | "0" | Date {
  const given = text.trim();
  if (given === "0" || /^\d+-\d+$/.test(given)) return given as `${number}-${number}` | "0";
  // Date.parse takes "5 min" for a day in May 2001.
  const [, day, clock = "00:00", zone = "Z"] = TIME.exec(given) ?? [];
  const time = Date.parse(`${day}T${clock}${zone}`);
  if (!Number.isNaN(time)) return new Date(time);
  throw new Refusal(400, "Expected an entry's id, 0, or a time such as 2026-11-21T10:00Z.");
}
