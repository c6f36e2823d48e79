import type { Goal, Section } from "../page/section.ts";

/** How much is measured; the defaults are those of the published page. */
export interface Effort {
  /** Alternated rounds: each ratio is the median of so many pairs. */
  readonly rounds: number;
  /** How long one run of a side takes, about. */
  readonly seconds: number;
  /** Of the sustained load. */
  readonly minutes: number;
  /** Of the backlog. */
  readonly messages: number;
}

/** One part of the suite: how it measures, and what the page says of what it found. */
export interface Part {
  readonly name: string;
  readonly title: string;
  /** Of its data's shape: older results are measured again, not shown. */
  readonly version: number;
  /** Part of a plain `npm run bench`; the others are asked for by name. */
  readonly always: boolean;
  measure(effort: Effort): Promise<unknown>;
  section(data: unknown): Section;
  goals(data: unknown): readonly Goal[];
  /** The figures by which two runs are compared, by name. */
  figures(data: unknown): Readonly<Record<string, number>>;
}

interface Definition<Data> {
  readonly name: string;
  readonly title: string;
  readonly version?: number;
  readonly always?: boolean;
  readonly measure: (effort: Effort) => Promise<Data>;
  readonly section: (data: Data) => Section;
  readonly goals?: (data: Data) => readonly Goal[];
  readonly figures: (data: Data) => Readonly<Record<string, number>>;
}

/** Data that comes back from the results file has the type that its own part wrote. */
export function definePart<Data>(part: Definition<Data>): Part {
  return {
    name: part.name,
    title: part.title,
    version: part.version ?? 1,
    always: part.always ?? true,
    measure: part.measure,
    section: (data) => part.section(data as Data),
    goals: (data) => part.goals?.(data as Data) ?? [],
    figures: (data) => part.figures(data as Data),
  };
}
