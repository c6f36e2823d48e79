/** A table of the page; cells are text already. */
export interface Table {
  readonly caption?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface ChartFile {
  /** Its name under docs/performance, without the folder. */
  readonly file: string;
  readonly alt: string;
  readonly svg: string;
}

/** What a part says of its figures. */
export interface Section {
  readonly text: readonly string[];
  readonly tables: readonly Table[];
  readonly charts: readonly ChartFile[];
}

/** A promise of the project, beside what was measured. */
export interface Goal {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

export const atLeast = (what: string, limit: number, value: number): Goal => ({
  what,
  target: `≥ ${limit} ×`,
  measured: `${ratio(value)} ×`,
  met: value >= limit,
});

export const atMost = (what: string, limit: number, value: number, unit: string): Goal => ({
  what,
  target: `≤ ${limit.toLocaleString("en")} ${unit}`,
  measured: `${figure(value)} ${unit}`,
  met: value <= limit,
});

/** 0.93, 2.4, 31, 1,240. */
export function ratio(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  if (value >= 100) return Math.round(value).toLocaleString("en");
  if (value >= 10) return value.toFixed(0);
  return value >= 2 ? value.toFixed(1) : value.toFixed(2);
}

/** Whole above 100, three digits below. */
export function figure(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return "–";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return String(Number(value.toPrecision(3)));
}
