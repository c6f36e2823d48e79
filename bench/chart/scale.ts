/** From values to pixels, and where the grid lines are. */
export interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** Whole powers of ten around the values. */
export function logScale(values: readonly number[], from: number, to: number): Scale {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return {
    ticks,
    at: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from),
  };
}

/** From zero to a round number above the values. */
export function linearScale(values: readonly number[], from: number, to: number): Scale {
  const top = Math.max(...values, Number.MIN_VALUE);
  const magnitude = 10 ** Math.floor(Math.log10(top));
  const step = [0.2, 0.5, 1, 2].map((s) => s * magnitude).find((s) => top / s <= 6) ?? magnitude;
  const high = Math.ceil(top / step - 1e-9) * step;
  const ticks = Array.from({ length: Math.round(high / step) + 1 }, (_, i) => i * step);
  return { ticks, at: (value) => from + (value / high) * (to - from) };
}
