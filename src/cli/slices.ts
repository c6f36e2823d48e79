/** A list in parts of at most a length. */
export function slicesOf<Item>(items: readonly Item[], length: number): (readonly Item[])[] {
  const count = Math.ceil(items.length / length);
  return Array.from({ length: count }, (_, i) => items.slice(i * length, (i + 1) * length));
}
