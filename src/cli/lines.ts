import type { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { UsageError } from "./errors.ts";

/** A line of NDJSON with its number, from 1. */
export interface Line {
  readonly number: number;
  readonly text: string;
  /** How many bytes were read up to its end, about. */
  readonly bytes: number;
}

/**
 * The lines of a stream that hold something; empty ones count in the numbers. Only a newline ends a line:
 * JSON may hold the other characters that do so elsewhere. Once the signal aborts it ends with what it has.
 * @throws UsageError for what is not UTF-8
 */
export async function* linesOf(input: Readable, signal: AbortSignal): AsyncGenerator<Line> {
  let number = 0;
  let bytes = 0;
  for await (const whole of wholeLines(input, signal)) {
    number += 1;
    bytes += Buffer.byteLength(whole) + 1;
    const text = whole.endsWith("\r") ? whole.slice(0, -1) : whole;
    if (text.trim() !== "") yield { number, text, bytes };
  }
}

async function* wholeLines(input: Readable, signal: AbortSignal): AsyncGenerator<string> {
  const stop = () => input.destroy();
  signal.addEventListener("abort", stop, { once: true });
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  try {
    for await (const chunk of input) {
      const lines = (rest + decode(decoder, chunk as Buffer)).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    rest += decode(decoder);
    if (rest !== "") yield rest;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function decode(decoder: TextDecoder, chunk?: Buffer): string {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined });
  } catch {
    throw new UsageError("Expected lines in UTF-8.");
  }
}

/**
 * Puts what comes into lists of at most a length. Where nothing comes for a moment, a list is given as
 * it is, so that a slow source is not held up.
 */
export async function* listsOf<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  length: number,
  momentMs = 100,
): AsyncGenerator<readonly Item[]> {
  const source = iteratorOf(items);
  let list: Item[] = [];
  let next = source.next();
  for (;;) {
    const result = list.length === 0 ? await next : await withinMoment(next, momentMs);
    if (result !== undefined && result.done !== true) list.push(result.value);
    const isOver = result?.done === true;
    if (list.length > 0 && (isOver || result === undefined || list.length === length)) {
      yield list;
      list = [];
    }
    if (isOver) return;
    if (result !== undefined) next = source.next();
  }
}

async function* iteratorOf<Item>(items: AsyncIterable<Item> | Iterable<Item>) {
  yield* items;
}

/** Undefined where it takes longer; what was asked for still comes. */
async function withinMoment<Value>(coming: Promise<Value>, ms: number): Promise<Value | undefined> {
  const timer = new AbortController();
  const late = wait(ms, undefined, { signal: timer.signal }).catch(() => undefined);
  try {
    return await Promise.race([coming, late]);
  } finally {
    timer.abort();
  }
}
