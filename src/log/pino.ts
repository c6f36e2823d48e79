import type { Sink } from "./log.ts";

/** What is used of a logger: one of pino, or of whatever else takes fields and a text. */
export interface PinoLike {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** Lines by a logger of pino, which adds the time, its own level and whatever it is bound to. */
export function pinoLines(logger: PinoLike): Sink {
  return ({ level, message, ...fields }) => logger[level](fields, message);
}
