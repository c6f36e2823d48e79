import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { createLog, type Level, type LogOptions, type Sink } from "../../src/log/index.ts";

/** Collects lines of text and their levels. */
export function collect() {
  const lines: { readonly text: string; readonly level: Level }[] = [];
  return {
    lines,
    write: (text: string, level: Level) => void lines.push({ text, level }),
    parsed: () => lines.map(({ text }) => JSON.parse(text) as Record<string, unknown>),
  };
}

/** A log whose lines are kept as they are. */
export function collectLog(options: LogOptions = {}) {
  const lines: Parameters<Sink>[0][] = [];
  return { lines, ...createLog((line) => lines.push(line), options) };
}

const schema = z.fromJSONSchema(
  JSON.parse(readFileSync(join(import.meta.dirname, "emf.schema.json"), "utf8")),
);

/**
 * A document in the embedded metric format: it satisfies the schema, and the members that it names are
 * what the specification says that they have to be.
 */
export function checkEmf(text: string): Record<string, unknown> {
  if (new TextEncoder().encode(text).length > 256 * 1024) throw new Error("It is too large.");
  const document = JSON.parse(text) as Record<string, unknown> & {
    _aws: {
      CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] }[];
    };
  };
  schema.parse(document);
  for (const { Dimensions, Metrics } of document._aws.CloudWatchMetrics) {
    for (const dimension of Dimensions.flat()) {
      const value = document[dimension];
      if (typeof value !== "string" || !/^(?!:)[\x20-\x7e]{1,1024}$/.test(value)) {
        throw new Error(`The dimension ${dimension} has no value that CloudWatch takes.`);
      }
    }
    for (const { Name } of Metrics) {
      if (!Number.isFinite(document[Name])) throw new Error(`${Name} is no number.`);
    }
  }
  return document;
}
